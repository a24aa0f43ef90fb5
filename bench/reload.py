"""Reloads, binary upgrades and a killed worker under load, with open WebSockets: counts everything that fails."""

import asyncio
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import time

import clients
import peers
from runner import http, ports, processes, servers

CONFIG = """{main}
events {{ worker_connections 4096; }}
http {{
{temporary}
    access_log off;
    add_header X-Generation 0;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://127.0.0.1:{origin};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
            proxy_set_header Host $host;
            proxy_read_timeout 3600s;
        }}
    }}
}}
"""
BECOME_SUBREAPER = 36


def run(options):
    """Runs the three trials on each subject; False where one does not hold."""
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1)
    rows = []
    with servers.Folder("reload") as folder:
        for peer in peers.subjects(options):
            place = folder / peer.label.replace(" ", "-")
            place.mkdir()
            rows.append(asyncio.run(trial(peer, options, place)))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return all(row["held"] for row in rows)


async def trial(peer, options, folder):
    """One subject: reloads, then upgrades, then a killed worker."""
    origin, port = ports.free_port(), ports.free_port()
    listener = await clients.serve_origin(origin)
    daemon = Daemon(peer, folder, port, origin)
    try:
        load = clients.Load(port, options.sockets)
        await load.start()
        rows = [await reloads(daemon, load, options.reloads), await upgrades(daemon, load, options.upgrades)]
        await load.stop()
        rows.append(await killed(daemon, port))
        rows.append(dict(trial="alerts", lines=daemon.alerts(), held=not daemon.alerts()))
    finally:
        daemon.stop()
        listener.close()
    for row in rows:
        print(f"{peer.label:14} " + ", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return dict(label=peer.label, rows=rows, held=all(row["held"] for row in rows))


async def reloads(daemon, load, count):
    """Each HUP changes the file; the next comes when the change is seen."""
    load.reset()
    for number in range(1, count + 1):
        await asyncio.to_thread(daemon.reload, number)
        await asyncio.sleep(0.05)
    seen = load.seen()
    # A reload closes no connection, so not even a request that may be sent again is forgiven.
    return dict(trial=f"{count} reloads", **seen, held=seen["answered"] > 0 and not bad(seen, "repeated"))


async def upgrades(daemon, load, count):
    """USR2, QUIT to the old process, then the WebSockets of the old one move over by themselves."""
    load.reset()
    for _ in range(count):
        old = daemon.pid
        await asyncio.to_thread(daemon.upgrade)
        await asyncio.sleep(1)
        await load.move_sockets()
        await asyncio.to_thread(daemon.wait_gone, old)
    seen = load.seen()
    return dict(trial=f"{count} upgrades", **seen, held=seen["answered"] > 0 and not bad(seen))


def bad(seen, *more):
    """What counts against the server."""
    return sum(seen[name] for name in ("failed", "dropped", "garbled", *more))


async def killed(daemon, port):
    """`kill -9` of the worker process; how long until a request is answered again."""
    await asyncio.to_thread(daemon.kill_worker)
    start = time.monotonic()
    while time.monotonic() - start < 10:
        try:
            if await asyncio.wait_for(clients.get_once(port), 1) == 200:
                break
        except (OSError, EOFError, ValueError, TimeoutError):
            await asyncio.sleep(0.01)
    seconds = time.monotonic() - start
    return dict(trial="killed worker", serving_again_after=f"{seconds:.3f} s", held=seconds < 1)


class Daemon:
    """A server started as a daemon (USR2 asks for that in nginx), followed through its pid file."""

    def __init__(self, peer, folder, port, origin):
        self.folder, self.port = pathlib.Path(folder), port
        main = servers.main_context(peer.binary, peer.transport, daemon=True, error_level="notice")
        self.text = CONFIG.format(main=main, temporary=servers.TEMPORARY, port=port, origin=origin)
        (self.folder / "nginx.conf").write_text(self.text)
        binary = str(pathlib.Path(peer.binary).absolute())
        command = [binary, "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "error.log"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, errors="replace", timeout=30)
        if done.returncode != 0 or not ports.wait_for_port(port):
            raise servers.StartFailure(f"{peer.label}: {done.stdout}{done.stderr}")
        self.started = {self.pid}

    @property
    def pid(self):
        """The pid in the pid file."""
        return int((self.folder / "nginx.pid").read_text())

    def alerts(self):
        """Lines of the log that a healthy server never writes; the killed worker's own is expected."""
        lines = (self.folder / "error.log").read_text(errors="replace").splitlines()
        return [s for s in lines if ("[alert]" in s or "panic" in s) and "signal 9" not in s][:5]

    def reload(self, number):
        """Sends HUP with a changed file and waits until answers come from it."""
        (self.folder / "nginx.conf").write_text(self.text.replace("X-Generation 0", f"X-Generation {number}"))
        os.kill(self.pid, signal.SIGHUP)
        wait_until(lambda: self._generation() == str(number), 10, f"no answer from the configuration of HUP {number}")

    def _generation(self):
        raw = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return http.exchange(self.port, raw).get("X-Generation")

    def upgrade(self):
        """USR2; when the pid file names the new process and it has workers, QUIT to the old one."""
        old = self.pid
        os.kill(old, signal.SIGUSR2)
        wait_until(lambda: self._new_pid(old) and processes.children(self.pid), 10, "no new process after USR2")
        self.started.add(self.pid)
        wait_until(lambda: ports.wait_for_port(self.port, 1), 5, "the new process does not serve")
        os.kill(old, signal.SIGQUIT)

    def _new_pid(self, old):
        try:
            return self.pid != old
        except (OSError, ValueError):
            return False

    def wait_gone(self, pid):
        """Waits until a drained process has ended."""
        wait_until(lambda: not self._running(pid), 20, "the old process does not end")

    def kill_worker(self):
        """Kills the worker process and waits until it is gone."""
        worker = processes.children(self.pid)[0]
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not processes.alive(worker), 5, "the worker survived kill -9")

    def _running(self, pid):
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        return processes.alive(pid)

    def stop(self):
        """Ends every generation that was started here."""
        trees = {pid for root in self.started for pid in processes.tree(root)} - {os.getpid()}
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in trees:
                if processes.alive(pid):
                    servers.kill(pid, number)
            end = time.monotonic() + 5
            while time.monotonic() < end and any(self._running(pid) for pid in trees):
                time.sleep(0.05)


def wait_until(holds, seconds, says):
    """Waits for a condition with a bound."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise servers.StartFailure(says)
        time.sleep(0.01)
