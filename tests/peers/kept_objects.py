#!/usr/bin/env python3
"""Objects that tell by themselves whether they are whole: an origin that has them, and clients that look.

    python3 tests/peers/kept_objects.py PORT      answers with object N at /N

An object's bytes follow from its number alone, so that whoever gets one knows what it must be.
"""

import asyncio
import collections
import hashlib
import pathlib
import random
import subprocess
import sys
import time

LOST = (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, ValueError, IndexError)


def body(number, sizes):
    """The bytes of an object; its size is one of several."""
    return random.Random(number).randbytes(sizes[number % len(sizes)])


def file_of(number, origin, directory):
    """Where an object is kept under `levels=1:2` and the usual key."""
    name = hashlib.md5(f"http://127.0.0.1:{origin}/{number}".encode()).hexdigest()
    return pathlib.Path(directory, name[-1], name[-3:-1], name)


class Origin:
    """The origin as a process of its own."""

    def __init__(self, port, sizes):
        command = [sys.executable, __file__, str(port), ",".join(map(str, sizes))]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Answering(asyncio.Protocol):
    """A connection to the origin."""

    sizes = ()
    asked = 0

    def connection_made(self, transport):
        self.transport, self.text = transport, b""

    def data_received(self, data):
        self.text += data
        while b"\r\n\r\n" in self.text:
            head, self.text = self.text.split(b"\r\n\r\n", 1)
            content = body(int(head.split(b" ", 2)[1][1:]), self.sizes)
            Answering.asked += 1
            fields = b"Content-Length: %d\r\nX-Asked: %d" % (len(content), Answering.asked)
            self.transport.write(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n\r\n" + content)


class Client:
    """Asks for objects over one connection and compares what comes."""

    def __init__(self, port, sizes):
        self.port, self.sizes, self.reader, self.writer, self.asked = port, sizes, None, None, None

    async def ask(self, number, fields=""):
        """What the cache had to do with an answer, and whether its bytes are right. LOST: none came."""
        try:
            if self.writer is None:
                self.reader, self.writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), 10)
            self.writer.write(f"GET /{number} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode())
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
            lines = head.decode().split("\r\n")
            told = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            content = await asyncio.wait_for(self.reader.readexactly(int(told["content-length"])), 10)
            if told.get("connection") == "close":
                self.close()
        except (*LOST, KeyError):
            self.close()
            raise ConnectionError from None
        self.asked = told.get("x-asked")
        right = lines[0].split(" ")[1] == "200" and content == body(number, self.sizes)
        return told.get("x-cache", "none").upper(), right

    def close(self):
        """Ends the connection, if there is one."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def ask_until(end, port, sizes, choose):
    """One client that asks for what it is told until a time; how often each came of it."""
    client, seen = Client(port, sizes), collections.Counter()
    while time.monotonic() < end():
        try:
            status, right = await client.ask(choose())
            seen[status] += 1
            seen["wrong"] += not right
        except ConnectionError:
            seen["lost"] += 1
            await asyncio.sleep(0.01)
    client.close()
    return seen


async def main():
    """Serves."""
    Answering.sizes = [int(size) for size in sys.argv[2].split(",")]
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
