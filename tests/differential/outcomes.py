"""Writes down what a server did with each case of a group, for those who must do the same."""

import re


def write(folder, group, scene, reached):
    """One file for a group: its configuration, then each request, what the origins received and what came back."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [group.config.strip()]
    for case, outcome in zip(group.cases, reached):
        lines = [f"=== {case.name}", shown(scene.place(case.request))]
        lines += [f"--- origin {name} received\n{shown(raw)}" for name, raw in outcome.received]
        lines += [f"--- reply\n{reply_text(reply)}" for reply in [outcome.reply, *outcome.later] if reply]
        lines += [f"--- {outcome.failure}"] if outcome.failure else []
        parts.append("\n".join(lines))
    (folder / (re.sub(r"\W+", "-", group.name) + ".txt")).write_text("\n\n".join(parts) + "\n")


def reply_text(reply):
    """A reply as lines."""
    fields = [f"{name}: {value}" for name, value in reply.fields]
    return "\n".join([f"{reply.version} {reply.status} {reply.reason}", *fields, "", shown(reply.body)])


def shown(raw):
    """Bytes as text, what cannot be shown escaped."""
    return raw[:4000].decode("latin-1").replace("\r\n", "\n").encode("unicode_escape").decode().replace("\\n", "\n").rstrip("\n")
