"""Starts real servers in folders of their own and ends them by their own pid."""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

from . import ports, processes

# One process of few threads starts and ends fast; balancers count in memory that all share.
APACHE = """ServerName default.test
DefaultRuntimeDir .
PidFile httpd.pid
ErrorLog error.log
LogLevel warn
StartServers 1
ServerLimit 1
ThreadsPerChild 32
ThreadLimit 32
MaxRequestWorkers 32
MinSpareThreads 1
MaxSpareThreads 32
"""
APACHE_MODULES = pathlib.Path("/usr/lib/apache2/modules")

TEMPORARY = "".join(
    f"    {name}_temp_path {name}_temp;\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)


class StartFailure(Exception):
    """A server did not come up; the message holds what it said."""


class Server:
    """One running server: its process, its folder and the port it answers on."""

    def __init__(self, name, command, folder, port):
        self.name, self.folder, self.port = name, pathlib.Path(folder), port
        self.output = open(self.folder / "output.log", "ab")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, cwd=self.folder
        )
        if not ports.wait_for_port(port, still_alive=lambda: self.process.poll() is None):
            self.stop()
            raise StartFailure(f"{name} did not start: {' '.join(map(str, command))}\n{self.said()}")

    @property
    def pid(self):
        """The process that was started (a master, where there is one)."""
        return self.process.pid

    def cpu(self):
        """CPU of the whole process tree."""
        return processes.cpu(self.pid)

    def said(self):
        """The last lines of the server's output and error log."""
        text = ""
        for name in ("output.log", "error.log"):
            path = self.folder / name
            if path.exists():
                text += path.read_text(errors="replace")[-3000:]
        return text

    def alerts(self):
        """Lines of the error log that a healthy server never writes."""
        path = self.folder / "error.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return [line for line in lines if "[alert]" in line or "[emerg]" in line or "panic" in line]

    def stop(self):
        """Asks the server to end, then makes sure that its whole tree has."""
        tree = processes.tree(self.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(8)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in tree[1:]:
            if processes.alive(pid):
                kill(pid, signal.SIGKILL)
        self.output.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def kill(pid, number):
    """Sends a signal to a process that may have gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Folder:
    """A temporary folder that an unprivileged worker can read, removed at the end."""

    def __init__(self, label):
        # A runner that is told to end still ends its servers and leaves nothing behind.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"zaguan-{label}-"))
        self.path.chmod(0o755)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def is_zaguan(binary):
    """Whether the binary is ours, by its name; any other is taken for nginx."""
    return "zaguan" in pathlib.Path(binary).name


def main_context(binary, transport=None, workers=1, daemon=False, error_level="warn"):
    """The top of a configuration for one binary. `transport` is a directive of Zaguan's alone."""
    lines = [
        f"daemon {'on' if daemon else 'off'};",
        f"worker_processes {workers};",
        "pid nginx.pid;",
        f"error_log error.log {error_level};",
    ]
    if os.geteuid() == 0:
        lines.append("user nobody nogroup;")
    if transport and is_zaguan(binary):
        lines.append(f"transport {transport};")
    return "\n".join(lines) + "\n"


def many_files():
    """The directive for as many open files as 10,000 connections on two sides ask for, or as many as there may be."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return f"worker_rlimit_nofile {20000 if hard == resource.RLIM_INFINITY else min(hard, 20000)};"


def start_nginx(name, binary, config, folder, port):
    """Starts nginx, or Zaguan by nginx's own arguments, on the text of a configuration."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nginx.conf").write_text(config)
    binary = str(pathlib.Path(binary).absolute()) if os.sep in str(binary) else str(binary)
    command = [binary, "-p", f"{folder}/", "-c", "nginx.conf", "-e", "error.log"]
    if config_error := _refused(command, folder):
        raise StartFailure(f"{name} refuses its configuration:\n{config_error}")
    return Server(name, command, folder, port)


def apache_config(modules, listens, inside):
    """A whole httpd.conf of a small server: the modules that it loads, where it listens, what else it says."""
    lines = [f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in modules]
    lines += [f"Listen {address}" for address in listens]
    lines += ["User nobody", "Group nogroup"] if os.geteuid() == 0 else []
    return "\n".join(lines) + "\n" + APACHE + inside


def start_apache(name, binary, config, folder, port):
    """Starts httpd, or Zaguan by httpd's own arguments under its name, on the text of a configuration."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "httpd.conf").write_text(config)
    for log in ("output.log", "error.log"):
        (folder / log).unlink(missing_ok=True)
    binary = pathlib.Path(binary).absolute()
    if is_zaguan(binary):
        link = folder / "httpd"
        link.unlink(missing_ok=True)
        link.symlink_to(binary)
        binary = link
    return Server(name, [binary, "-d", folder, "-f", folder / "httpd.conf", "-DFOREGROUND"], folder, port)


def _refused(command, folder):
    """What the configuration test says against the configuration; None where it holds."""
    done = subprocess.run([*command, "-t"], cwd=folder, capture_output=True, text=True, errors="replace", timeout=60)
    return None if done.returncode == 0 else done.stdout + done.stderr
