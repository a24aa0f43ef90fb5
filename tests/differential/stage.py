"""The stage both servers act on: the same ports, the same files, the same origins, one server after the other."""

import os
import re

import compare
import origin
from runner import certificates, http, ports

ORIGINS = ["ORIGIN", "SECOND", "THIRD"]
LISTENERS = ["PORT", "SECOND_PORT", "THIRD_PORT"]
# Mon, 03 Feb 2025 04:05:06 GMT: part of Last-Modified and ETag.
MODIFIED = 1738555506
FILES = {
    "index.html": b"root index\n", "page.html": b"0123456789" * 10, "a file.txt": b"spaced\n", "unknown.xyz": b"octets\n", "UPPER.HTML": b"upper\n",
    "folder/index.html": b"folder index\n", "folder/other.txt": b"other\n", "a folder/index.html": b"spaced folder\n", "empty.txt": b"",
    "users": b"anna:{PLAIN}secret\nbob:{PLAIN}b:c\n",
    "static/index.html": b"static index\n", "static/app.js": b"script\n", "static/page.html": b"static page\n", "errors/404.html": b"own 404\n",
    "errors/50x.html": b"own 50x\n", "errors/ok.html": b"own ok\n", "sub/rooted/deep.txt": b"deep\n", "internal/page.html": b"internal page\n", "try/page.html": b"tried\n",
    "try/folder/index.html": b"tried folder\n", "try-named/page.html": b"tried\n", "try-named/folder/index.html": b"tried folder\n", "try-code/page.html": b"tried\n",
    "try-404/folder/index.html": b"tried folder\n", "try-uri/page.html": b"tried\n", "empty/.keep": b"", "secret": b"unreadable\n",
}


class Stage:
    """Ports, files and origins for a whole run."""

    def __init__(self, folder, language):
        self.folder, self.language = folder, language
        self.ports = {name: ports.free_port() for name in LISTENERS}
        origins = [ports.free_port() for _ in ORIGINS]
        self.places = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        self.places |= {f"{name}_NUMBER": str(port) for name, port in self.ports.items()}
        self.places |= {name: f"127.0.0.1:{port}" for name, port in zip(ORIGINS, origins)}
        # Nothing listens on DEAD, so that a connection is refused at once.
        self.places |= {"DEAD": f"127.0.0.1:{ports.free_port()}", "ROOT": str(folder / "root"), "SOCKET": str(folder / "origin.socket")}
        self._write_files()
        language.prepare(self)
        self.origin = origin.Origin(origins, folder / "origin.socket")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.origin.close()

    def place(self, text):
        """Text with every @NAME@ given its port or path."""
        for name, value in self.places.items():
            text = text.replace(f"@{name}@", value) if isinstance(text, str) else text.replace(b"@%s@" % name.encode(), value.encode())
        return text

    def config(self, group, binary, transport=None, inside=None):
        """The whole file for one server."""
        return self.language.text(self, group, inside or group.config, binary, transport)

    def play(self, group, binary, transport=None, inside=None, text=None):
        """Starts a server, sends it every case, ends it; the outcomes in order."""
        place = self.folder / "server"
        config = text or self.config(group, binary, transport, inside)
        with self.language.start(config, binary, place, self.ports[self._first_port(group)]):
            outcomes = [self._act(case) for case in group.cases]
        if group.log:
            add_log_lines(group.cases, outcomes, place / group.log)
        return outcomes

    def _first_port(self, group):
        return next((name for name in LISTENERS if re.search(f"@{name}(?:_NUMBER)?@", group.config)), LISTENERS[0])

    def _act(self, case):
        self.origin.begin([self.place(given) if isinstance(given, bytes) else given for given in case.answers])
        replies, failure = [], ""
        try:
            secure = None if case.tls is None else (self._trust(case), case.tls or None)
            raw = self.place(case.request)
            for reply in http.conversation(self.ports[case.port], raw, case.methods(), case.address, timeout=8, secure=secure):
                replies.append(reply)
        except TimeoutError:
            failure = "no answer in time"
        except (OSError, http.Broken, ValueError) as broken:
            failure = f"{type(broken).__name__}: {broken}"
        return compare.Outcome(replies[0] if replies else None, failure, self.origin.end(), replies[1:])

    def _trust(self, case):
        return certificates.client(self.folder, "root", case.shows) if case.trusts else certificates.anyone()

    def _write_files(self):
        root = self.folder / "root"
        for name, text in (FILES | self.language.files).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            os.utime(path, (MODIFIED, MODIFIED))
        (root / "secret").chmod(0)


def add_log_lines(cases, outcomes, path):
    """Gives each outcome the lines that were logged for its request, and empties the log."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    for case, outcome in zip(cases, outcomes):
        number = re.search(rb"\r\nX-Case: (\S+)", case.request)
        if number:
            outcome.received += [("log", line) for line in lines if line.startswith(number[1] + b" ")]
    path.unlink(missing_ok=True)
