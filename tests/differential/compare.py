"""Compares what two servers did with one case. A language's masks take out what may differ in every case."""

from dataclasses import dataclass, field

from runner import http


@dataclass
class Outcome:
    """What a client and the origins saw: a reply or the failure in words, and each request as received."""

    reply: http.Reply | None
    failure: str
    received: list
    # Replies after the first, where a case asks for several on its connection.
    later: list = field(default_factory=list)

    def explain_header(self):
        """Lines of the chosen server and location, where the configuration was made to say them."""
        return self.reply.get("X-Chosen") if self.reply else None


def differences(reference, subject, masks):
    """All that differs, one line each."""
    found = []
    if reference.failure != subject.failure:
        found.append(f"reference: {reference.failure or 'a reply'}; subject: {subject.failure or 'a reply'}")
    if reference.reply and subject.reply:
        found += pair_differences(reference.reply, subject.reply, masks)
    if len(reference.later) != len(subject.later):
        found.append(f"replies: {1 + len(reference.later)} became {1 + len(subject.later)}")
    for one, two in zip(reference.later, subject.later):
        found += [f"later {line}" for line in pair_differences(one, two, masks)]
    return found + received_differences(reference.received, subject.received, masks)


def pair_differences(reference, subject, masks):
    """All that differs between two replies."""
    masks.align(reference, subject)
    return reply_differences(masks.reply(reference), masks.reply(subject))


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


def received_differences(one, two, masks):
    """What the origins received, byte for byte."""
    if [name for name, _ in one] != [name for name, _ in two]:
        return [f"requests upstream: {[n for n, _ in one]} became {[n for n, _ in two]}" + "".join(f"\n      {short(raw)}" for _, raw in (one or two)[:1])]
    found = []
    for (_, first), (_, second) in zip(one, two):
        first, second = masks.request(first, second)
        if first != second:
            found.append(received_difference(first, second))
    return found


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
