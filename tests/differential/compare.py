"""Compares what two servers did with one case. The time is masked, and the few differences that `MASKED` names."""

import email.utils
import re
from dataclasses import dataclass

from runner import http

# Headings of docs/differences.md for what is masked in every case; Expires is compared as its distance from Date.
MASKED = ["It has its own name", "Boundaries are its own", "Every answer has a date", "No target has spaces or control characters"]
OWN_NAME = re.compile(rb"<center>(?:nginx|zaguan)(?:/[\d.]+)?</center>")
OWN_SERVER = re.compile(r"^(?:nginx|zaguan)(?:/[\d.]+)?$")
BOUNDARY = re.compile(rb"(?<=--)\d{20}(?=(?:--)?\r\n)")


@dataclass
class Outcome:
    """What a client and the origins saw: a reply or the failure in words, and each request as received."""

    reply: http.Reply | None
    failure: str
    received: list

    def explain_header(self):
        """Lines of the chosen server and location, where the configuration was made to say them."""
        return self.reply.get("X-Chosen") if self.reply else None


def differences(reference, subject):
    """All that differs, one line each."""
    found = []
    if reference.reply and subject.reply:
        without_own_date(reference.reply, subject.reply)
    if reference.failure != subject.failure:
        found.append(f"reference: {reference.failure or 'a reply'}; subject: {subject.failure or 'a reply'}")
    if reference.reply and subject.reply:
        found += reply_differences(masked(reference.reply), masked(subject.reply))
    return found + received_differences(reference.received, subject.received)


def without_own_date(reference, subject):
    """Takes the date out that is added to an answer without one where nginx passes it on as it is."""
    if reference.get("Date") is None:
        subject.fields = [field for field in subject.fields if field[0] != "Date"]


def masked(reply):
    """A copy without what the masks name; the length follows the masked body."""
    body = BOUNDARY.sub(b"-", OWN_NAME.sub(b"<center>-</center>", reply.body))
    shift = len(body) - len(reply.body)
    fields = []
    for name, value in reply.fields:
        if name.lower() == "date":
            value = "-"
        elif name.lower() == "expires":
            value = after_date(value, reply.get("Date"))
        elif name.lower() == "server" and OWN_SERVER.match(value):
            value = "-"
        elif name.lower() == "content-type":
            value = re.sub(r"boundary=\d{20}$", "boundary=-", value)
        elif name.lower() == "content-length" and shift and value.isdigit():
            value = str(int(value) + shift)
        fields.append((name, value))
    return http.Reply(reply.status, reply.reason, reply.version, fields, body, reply.closed)


def after_date(expires, date):
    """How long after Date a time lies, where it lies near it; else the time itself."""
    try:
        moment, now = email.utils.parsedate_to_datetime(expires), email.utils.parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return expires
    distance = (moment - now).total_seconds()
    return f"Date + {distance:.0f} s" if abs(distance) < 10 * 86400 else expires


def reply_differences(one, two):
    """Status line, fields by name, body."""
    found = []
    for what in ("version", "status", "reason"):
        if getattr(one, what) != getattr(two, what):
            found.append(f"{what}: {getattr(one, what)!r} became {getattr(two, what)!r}")
    first, second = by_name(one.fields), by_name(two.fields)
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            found.append(f"field {name}: {first.get(name)} became {second.get(name)}")
    if one.body != two.body:
        found.append(f"body: {short(one.body)} became {short(two.body)}")
    return found


def by_name(fields):
    """Field values by name as spelt, the order kept within a name."""
    values = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    return values


def received_differences(one, two):
    """What the origins received, byte for byte."""
    if [name for name, _ in one] != [name for name, _ in two]:
        return [f"requests upstream: {[n for n, _ in one]} became {[n for n, _ in two]}" + "".join(f"\n      {short(raw)}" for _, raw in (one or two)[:1])]
    found = []
    for (_, first), (_, second) in zip(one, two):
        first = with_usual_target(first)
        if first != second:
            found.append(received_difference(first, second))
    return found


def with_usual_target(request):
    """The reference's request with a target as it should be: spaces and control characters encoded."""
    method, _, rest = request.partition(b" ")
    target, version, after = re.split(rb"( HTTP/1\.[01]\r\n)", rest, maxsplit=1)
    target = re.sub(rb"[\x00-\x20\x7f]", lambda found: b"%%%02X" % found[0][0], target)
    return method + b" " + target + version + after


def received_difference(first, second):
    """The lines that differ, or that only their order does."""
    ours, theirs = first.split(b"\r\n"), second.split(b"\r\n")
    if sorted(ours) == sorted(theirs):
        return f"order of lines upstream: {short(first, 300)} became {short(second, 300)}"
    gone = [line for line in ours if line not in theirs]
    came = [line for line in theirs if line not in ours]
    return f"upstream: {[short(line) for line in gone]} became {[short(line) for line in came]}"


def short(text, limit=110):
    """Bytes for a reader."""
    shown = repr(bytes(text))[1:]
    return shown if len(shown) <= limit else f"{shown[:limit]}… ({len(text)} bytes)"
