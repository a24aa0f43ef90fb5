"""Takes out what the subject refuses, so that a line which is not built does not hide the cases of a whole group."""

import re

from runner import servers

MOST_ROUNDS = 80


def play(scene, group, binary, transport):
    """The outcomes of a group on the subject, and the lines that were taken out for it to start."""
    text, refused = scene.config(group, binary, transport), []
    for _ in range(MOST_ROUNDS):
        try:
            return scene.play(group, binary, transport, text=text), refused
        except servers.StartFailure:
            log = scene.folder / "server" / "output.log"
            said = log.read_text(errors="replace")
            log.write_text("")
            numbers = sorted(refused_lines(said), reverse=True)
            if not numbers:
                raise
            lines = text.split("\n")
            for number in numbers:
                refused.append(lines[number - 1].strip())
                take_out(lines, number - 1)
            text = "\n".join(lines)
    raise servers.StartFailure(f"it refuses more than {MOST_ROUNDS} times")


def refused_lines(said):
    """The numbers of the lines that errors, not warnings, point at."""
    numbers, counts = set(), True
    for line in said.split("\n"):
        if begins := re.match(r"(error|warning|note)\b", line):
            counts = begins[1] == "error"
        if counts:
            numbers.update(int(number) for number in re.findall(r"httpd\.conf:(\d+)", line))
    return numbers


def take_out(lines, index):
    """Empties a line, or the whole of the section that it opens."""
    opened = re.match(r"\s*<(\w+)", lines[index])
    depth = 0
    for at in range(index, len(lines)):
        if opened:
            depth += bool(re.match(rf"\s*<{opened[1]}\b", lines[at], re.IGNORECASE))
            depth -= bool(re.match(rf"\s*</{opened[1]}\b", lines[at], re.IGNORECASE))
        lines[at] = ""
        if depth <= 0:
            return
