"""What may differ between Apache httpd and Zaguan in every case: the time, their names, and the validators they make of files."""

import re

from runner import http
from times import after_date

# Headings of docs/differences-from-httpd.md for what is masked in every case.
MASKED = ["Pages have words of their own", "TRACE is refused", "Why an answer is kept is told in other words"]
OWN_NAME = re.compile(r"(?:Apache|[Zz]aguan|nginx)(?:/[\d.]+)?(?: \((?:Debian|Unix)\))?(?: OpenSSL/[\w.]+)?")
BOUNDARY = re.compile(r"(?<=\r\n--)[0-9a-f]{13,20}(?=(?:--)?\r\n)")
# Pages that a server makes itself: what their words are is each one's own, their title and their links are not.
OWN_PAGE = re.compile(rb"<!DOCTYPE HTML PUBLIC .*?<title>(.*?)</title>.*", re.DOTALL)
OWN_LINK = re.compile(rb' href="([^"]*)"')
OWN_ETAG = re.compile(r'(?:W/)?"[0-9a-f]+-[0-9a-f]+"')


def align(reference, subject):
    """Takes an age for the reference's where a second began for one of the two alone."""
    ages = reference.get("Age"), subject.get("Age")
    if all(age and age.isdigit() for age in ages) and abs(int(ages[0]) - int(ages[1])) == 1:
        subject.fields = [(name, ages[0] if name.lower() == "age" else value) for name, value in subject.fields]


def reply(answer):
    """A copy with the time, the server's name, the form of its ETag and the order of Allow taken out; their presence stays."""
    answer, own_page = without_words(answer)
    body = BOUNDARY.sub("-", OWN_NAME.sub("-", answer.body.decode("latin-1"))).encode("latin-1")
    shift = len(body) - len(answer.body)
    fields = []
    for name, value in answer.fields:
        if name.lower() == "date":
            value = "-"
        elif name.lower() == "expires":
            value = after_date(value, answer.get("Date"))
        elif name.lower() in ("server", "via"):
            value = OWN_NAME.sub("-", value)
        elif name.lower() == "etag" and OWN_ETAG.fullmatch(value):
            value = "-"
        elif name.lower() == "set-cookie":
            value = re.sub(r"(?<=; expires=)[^;]+", lambda found: after_date(found[0], answer.get("Date")), value)
        elif name.lower() == "allow":
            value = ",".join(sorted(set(value.split(",")) - {"TRACE"}))
            if not value:
                continue
        elif name.lower() == "x-cache-detail":
            value = re.sub(r'".*"', '"-"', value)
        elif name.lower() == "content-type":
            value = re.sub(r"boundary=[0-9a-f]{13,20}$", "boundary=-", value)
        elif name.lower() == "content-length" and own_page:
            if answer.get("Connection") == "close":
                continue
            value = "-"
        elif name.lower() == "content-length" and shift and value.isdigit():
            value = str(int(value) + shift)
        fields.append((name, value))
    return http.Reply(answer.status, answer.reason, answer.version, fields, body, answer.closed)


def without_words(answer):
    """The answer with a page of the server's own cut down to its title and links, and whether it was one."""
    own = OWN_PAGE.fullmatch(answer.body)
    if not own or answer.get("Content-Type") != "text/html; charset=iso-8859-1":
        return answer, False
    body = b" ".join([own[1], *OWN_LINK.findall(answer.body)])
    return http.Reply(answer.status, answer.reason, answer.version, answer.fields, body, answer.closed), True


def request(reference, subject):
    """What an origin received from both, without the servers' own names in Via."""
    return without_name(reference), without_name(subject)


def without_name(raw):
    """One request with the name taken out of Via."""
    return re.sub(rb"(?im)^via: .*$", lambda found: re.sub(OWN_NAME.pattern.encode(), b"-", found[0]), raw)
