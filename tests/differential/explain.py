"""Whether `zaguan explain` names the site, the location and the upstream URI that the reference really used."""

import json
import pathlib
import re
import subprocess
from dataclasses import dataclass

SERVER = re.compile(r"^(\s*server\s*\{)")
LOCATION = re.compile(r"^(.*?\blocation\s+(?!@)(?:(?:=|~\*?|\^~)\s+)?(?:\"[^\"]*\"|\S+)\s*\{)")


@dataclass
class Chosen:
    """Where the server and the location begin: a line, or their text (None: no location); the URI sent upstream."""

    site: int | str | None
    location: int | str | None
    upstream_uri: str | None

    def agrees(self, said, lines):
        """Whether `explain` said the same; it may name a place by its line or by its text."""
        if not isinstance(said, Chosen) or said.upstream_uri != self.upstream_uri:
            return False
        return same_place(self.site, said.site, lines) and same_place(self.location, said.location, lines)


def run_group(group, scene, options):
    """Explains every case that has a URL; how many do not agree."""
    path = pathlib.Path(scene.folder) / "explained.conf"
    path.write_text(scene.config(group, options.subject, options.transport))
    lines = path.read_text().splitlines()
    above = scene.config(group, options.subject, options.transport, inside="@HERE@").split("@HERE@")[0].count("\n")
    outcomes = scene.play(group, options.reference, inside=telling(group.config))
    asked = wrong = 0
    for case, outcome in zip(group.cases, outcomes):
        expected = seen(outcome, above)
        # A fragment is never sent, so a URL cannot ask about it.
        if expected is None or not case.url or "#" in case.url or case.url.split("/")[2].rpartition(":")[2].isdigit():
            continue
        asked += 1
        # The listener's port belongs to the question.
        host, path_and_query = re.match(r"http://([^/?]*)(.*)", case.url).groups()
        url = f"http://{host}:{scene.ports[case.port]}{path_and_query}"
        said = ask(options.subject, path, url)
        if not expected.agrees(said, lines):
            wrong += 1
            if wrong <= options.show:
                print(f"  explain {url}\n    nginx: {expected}\n    said:  {said}")
    print(f"{group.name}: {asked} explained, {wrong} do not agree", flush=True)
    return wrong


def telling(config):
    """The configuration with a field in every answer that names the lines of its server and location."""
    lines, server = [], 0
    for number, line in enumerate(config.splitlines(), 1):
        if SERVER.match(line):
            server = number
            line = SERVER.sub(rf'\1 add_header X-Chosen "{server}" always;', line)
        lines.append(LOCATION.sub(lambda m, n=number: f'{m[1]} add_header X-Chosen "{server} {n}" always;', line))
    return "\n".join(lines)


def seen(outcome, above):
    """What the reference chose; None where it answered before choosing."""
    chosen = outcome.explain_header()
    if not chosen or outcome.reply.status == 400:
        return None
    site, _, location = chosen.partition(" ")
    uri = None
    if len(outcome.received) == 1:
        line = outcome.received[0][1].partition(b"\r\n")[0]
        if not line.endswith((b" HTTP/1.1", b" HTTP/1.0")):
            # nginx lets a decoded line end in $uri split the request line; nothing can agree with that.
            return None
        uri = line.partition(b" ")[2].rpartition(b" ")[0].decode(errors="replace")
    return Chosen(int(site) + above, int(location) + above if location else None, uri)


def parse(text):
    """What `explain --json` printed: {"site", "location", "upstream_uri"}; a place as {"line"}, FILE:LINE or text."""
    answer = json.loads(text)
    return Chosen(place(answer["site"]), place(answer["location"]), answer["upstream_uri"])


def place(part):
    """A line number where one is given, else the text."""
    if isinstance(part, dict):
        part = part.get("line") or part.get("origin") or part.get("text") or part.get("name")
    if isinstance(part, dict):
        part = part["line"]
    found = re.search(r"\.conf:(\d+)(?::\d+)?$", part) if isinstance(part, str) else None
    return int(found[1]) if found else part or None


def same_place(line, said, lines):
    """Whether what was said is that line, or stands on it."""
    if line is None or said is None or isinstance(said, int):
        return line == said
    text = lines[line - 1]
    # A server's name may stand on a line of its own.
    text = text if "location" in text else " ".join(lines[line - 1 : line + 3])
    text = " ".join([""] + re.sub(r'[;"]', " ", text).split() + [""])
    # nginx's own $server_name for `.example.org` leaves the dot out.
    return f" {said} " in text or f" .{said} " in text


def ask(binary, path, url):
    """Runs `explain`; a failure comes back as its text."""
    command = [str(binary), "explain", "--json", "-c", str(path), f"GET {url}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20)
    try:
        return parse(done.stdout)
    except (ValueError, KeyError, TypeError) as wrong:
        return f"{wrong!r}: {(done.stdout + done.stderr)[-300:]}"
