"""Drives one proxy for some seconds with wrk or h2load and says what came back."""

import pathlib
import re
import subprocess
from dataclasses import dataclass

import shapes

# Handshakes come in bursts: a client that made them one by one would measure the time between them.
BURST, PAUSE, BURSTS = 64, "100ms", 10  # of connections, between bursts, and in a second

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


@dataclass
class Outcome:
    """Requests answered, the 99th percentile of their latency in seconds, and the errors in words ("" for none)."""

    requests: int
    p99: float
    errors: str


# What a client of gRPC says.
GRPC = ["content-type: application/grpc", "te: trailers", "user-agent: grpc-bench/1.0"]

# Requests over HTTP/2 for each second that a round is to take.
STREAMED = 10_000


def drive(shape, port, seconds, folder, fields=()):
    """Runs one load against 127.0.0.1:port, with further fields in each request. wrk resumes TLS sessions, h2load never does."""
    browser = GRPC if shape.grpc else shapes.BROWSER
    fields = [*browser, *(["Connection: close"] if shape.close else []), *fields]
    paced = shape.rate or shape.streams or shape.handshake == shapes.FULL
    return (_h2load if paced else _wrk)(shape, port, seconds, folder, fields)


def message(shape, folder):
    """A file with a message of gRPC that is not compressed: a byte that says so, its length, its bytes."""
    path = pathlib.Path(folder) / "message"
    path.write_bytes(b"\0" + shape.post.to_bytes(4, "big") + b"x" * shape.post)
    return path


def _run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def _scheme(shape):
    return "https" if shape.tls else "http"


def _wrk(shape, port, seconds, folder, fields):
    command = ["wrk", "-t1", f"-c{shape.connections}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    command += [part for line in fields for part in ("-H", line)]
    if shape.post:
        script = pathlib.Path(folder) / "post.lua"
        script.write_text(f'wrk.method = "POST"\nwrk.body = string.rep("x", {shape.post})\n')
        command += ["-s", script]
    text = _run([*command, f"{_scheme(shape)}://127.0.0.1:{port}{shape.path}"])
    requests = int(re.search(r"(\d+) requests in", text)[1])
    errors = re.findall(r"(?:Socket errors|Non-2xx or 3xx responses): .*", text)
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", text).groups()
    return Outcome(requests, float(value) * UNITS[unit], "; ".join(errors))


def _h2load(shape, port, seconds, folder, fields):
    log = pathlib.Path(folder) / "h2load.log"
    log.unlink(missing_ok=True)
    # A fixed count: with -D, h2load counts the requests cut off by the end as sent but never as answered.
    if shape.handshake:
        count = BURST * BURSTS * seconds
        pace = [f"-c{count}", f"--rate={BURST}", f"--rate-period={PAUSE}"]
    elif shape.streams:
        count = STREAMED * seconds
        pace = [f"-c{shape.connections}", f"-m{shape.streams}"]
    else:
        count = shape.connections * shape.rate * seconds
        pace = [f"-c{shape.connections}", f"--rps={shape.rate}"]
    command = ["h2load", *([] if shape.streams else ["--h1"]), "-t1", f"-n{count}", *pace, f"--log-file={log}"]
    command += [part for line in fields for part in ("-H", line)]
    if shape.post:
        command += ["-d", message(shape, folder)]
    text = _run([*command, f"{_scheme(shape)}://127.0.0.1:{port}{shape.path}"])
    pattern = r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout"
    succeeded, *wrong = map(int, re.search(pattern, text).groups())
    errors = f"failed, errored, timed out: {wrong}" if any(wrong) else ""
    # Each line: start in microseconds, status, duration in microseconds.
    times = sorted(int(line.split()[2]) for line in log.read_text().splitlines())
    return Outcome(succeeded, times[len(times) * 99 // 100] / 1e6 if times else 0.0, errors)
