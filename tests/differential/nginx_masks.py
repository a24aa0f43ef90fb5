"""What may differ between nginx and Zaguan in every case: the time, and the few differences that `MASKED` names."""

import re

from runner import http
from times import after_date

# Headings of docs/differences.md for what is masked in every case; Expires is compared as its distance from Date.
MASKED = ["It has its own name", "Boundaries are its own", "Every answer has a date", "No target has spaces or control characters"]
OWN_NAME = re.compile(rb"<center>(?:nginx|zaguan)(?:/[\d.]+)?</center>")
OWN_SERVER = re.compile(r"^(?:nginx|zaguan)(?:/[\d.]+)?$")
BOUNDARY = re.compile(rb"(?<=--)\d{20}(?=(?:--)?\r\n)")


def align(reference, subject):
    """Takes the date out that is added to an answer without one where nginx passes it on as it is."""
    if reference.get("Date") is None:
        subject.fields = [field for field in subject.fields if field[0] != "Date"]


def reply(answer):
    """A copy without what the masks name; the length follows the masked body."""
    body = BOUNDARY.sub(b"-", OWN_NAME.sub(b"<center>-</center>", answer.body))
    shift = len(body) - len(answer.body)
    fields = []
    for name, value in answer.fields:
        if name.lower() == "date":
            value = "-"
        elif name.lower() == "expires":
            value = after_date(value, answer.get("Date"))
        elif name.lower() == "server" and OWN_SERVER.match(value):
            value = "-"
        elif name.lower() == "content-type":
            value = re.sub(r"boundary=\d{20}$", "boundary=-", value)
        elif name.lower() == "content-length" and shift and value.isdigit():
            value = str(int(value) + shift)
        fields.append((name, value))
    return http.Reply(answer.status, answer.reason, answer.version, fields, body, answer.closed)


def with_usual_target(request):
    """The reference's request with a target as it should be: spaces and control characters encoded."""
    method, _, rest = request.partition(b" ")
    target, version, after = re.split(rb"( HTTP/1\.[01]\r\n)", rest, maxsplit=1)
    target = re.sub(rb"[\x00-\x20\x7f]", lambda found: b"%%%02X" % found[0][0], target)
    return method + b" " + target + version + after


def request(reference, subject):
    """What an origin received from both."""
    return with_usual_target(reference), subject
