"""What a process and all its descendants cost: CPU time and memory, read from /proc."""

import os
from dataclasses import dataclass

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Cpu:
    """Seconds of CPU. `exact` is the scheduler's own count (nanoseconds); `user` and `system` come in ticks."""

    user: float
    system: float
    exact: dict

    def until(self, later):
        """(total, user) seconds spent between two readings of one process tree."""
        user, system = later.user - self.user, later.system - self.system
        total = user + system
        if self.exact.keys() == later.exact.keys():
            # No thread came or went: the exact count knows all of it.
            total = sum(later.exact.values()) - sum(self.exact.values())
        share = user / (user + system) if user + system else 0.0
        return total, total * share


def tree(root):
    """The process and all its descendants, the process first."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _stat(int(name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop(0)
        found.append(pid)
        waiting.extend(sorted(children.get(pid, [])))
    return found


def children(root):
    """The process's own children."""
    return [pid for pid in tree(root)[1:] if (_stat(pid) or [None, -1])[1] == str(root)]


def cpu(root):
    """CPU seconds used so far by the process, its live descendants and those already reaped."""
    user = system = 0
    exact = {}
    for pid in tree(root):
        fields = _stat(pid)
        if not fields:
            continue
        user += int(fields[11]) + int(fields[13])
        system += int(fields[12]) + int(fields[14])
        exact.update(_threads(pid))
    return Cpu(user / TICK, system / TICK, exact)


def rss(root):
    """Bytes of resident memory of the process and its descendants."""
    return sum(_status(pid, "VmRSS") for pid in tree(root)) * 1024


def pss(root):
    """Bytes of memory, pages shared between processes counted once."""
    return sum(_rollup(pid) for pid in tree(root)) * 1024


def alive(pid):
    """Whether the process runs (a zombie does not)."""
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z"


def _stat(pid):
    """/proc/PID/stat from the state on (the name before it may hold spaces)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _threads(pid):
    seconds = {}
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
                seconds[pid, thread] = int(file.read().split()[0]) / 1e9
    except OSError:
        pass
    return seconds


def _status(pid, key):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return next((int(line.split()[1]) for line in file if line.startswith(key + ":")), 0)
    except OSError:
        return 0


def _rollup(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("Pss:")), 0)
    except OSError:
        return 0
