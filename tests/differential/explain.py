"""Whether `zaguan explain` names the site, the location and the upstream URI that the reference really used."""

import json
import pathlib
import re
import subprocess
from dataclasses import dataclass

import nginx_masks

SERVER = re.compile(r"^(\s*server\s*\{)")
LOCATION = re.compile(r"^(.*?\blocation\s+(?!@)(?:(?:=|~\*?|\^~)\s+)?(?:\"[^\"]*\"|\S+)\s*\{)")


@dataclass
class Chosen:
    """The lines where the server and the location begin (None: no location), and the URI sent upstream."""

    site: int
    location: int | None
    upstream_uri: str | None


def run_group(group, scene, options):
    """Explains every case that has a URL; how many do not agree."""
    path = pathlib.Path(scene.folder) / "explained.conf"
    path.write_text(scene.config(group, options.subject, options.transport))
    above = scene.config(group, options.subject, options.transport, inside="@HERE@").split("@HERE@")[0].count("\n")
    outcomes = scene.play(group, options.reference, inside=telling(group.config))
    asked = wrong = 0
    for case, outcome in zip(group.cases, outcomes):
        expected = seen(outcome, above)
        # A fragment is never sent, so a URL cannot ask about it; nor can it name a second port.
        if expected is None or not case.url or "#" in case.url or re.search(r":\d*$", case.url.split("/")[2]):
            continue
        asked += 1
        # The listener's port belongs to the question.
        host, path_and_query = re.match(r"http://([^/?]*)(.*)", case.url).groups()
        url = f"http://{host}:{scene.ports[case.port]}{path_and_query}"
        said = ask(options.subject, path, url)
        if expected != said:
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
        line = nginx_masks.with_usual_target(outcome.received[0][1]).partition(b"\r\n")[0]
        uri = line.partition(b" ")[2].rpartition(b" ")[0].decode(errors="replace")
    return Chosen(int(site) + above, int(location) + above if location else None, uri)


def parse(text):
    """What `explain --json` printed: {"site": {"line", …}, "location": {"line", …}, "upstream_uri"}."""
    answer = json.loads(text)
    location = answer["location"]
    return Chosen(answer["site"]["line"], location["line"] if location else None, answer["upstream_uri"])


def ask(binary, path, url):
    """Runs `explain`; a failure comes back as its text."""
    command = [str(binary), "explain", "--json", "-c", str(path), f"GET {url}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20)
    try:
        return parse(done.stdout)
    except (ValueError, KeyError, TypeError) as wrong:
        return f"{wrong!r}: {(done.stdout + done.stderr)[-300:]}"
