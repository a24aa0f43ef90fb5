"""Clients that count every failure: keep-alive, a connection per request, and WebSockets that must stay open."""

import asyncio
import os

KEEP_ALIVE, PER_REQUEST = 16, 4
PAUSE = 0.01
UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
LOST = (OSError, EOFError, ValueError)


async def serve_origin(port):
    """The origin: an answer of 1,000 bytes, or an echo once the connection was upgraded."""
    async def serve(reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if b"upgrade: websocket" in head.lower():
                    writer.write(SWITCHED)
                    while received := await reader.read(65536):
                        writer.write(received)
                    break
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000)
        except LOST:
            pass
        finally:
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", port, backlog=4096)


async def ask(reader, writer, fields=b""):
    """One request on an open connection; its status. EOFError before any byte came, ValueError after."""
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n")
    first = await reader.readexactly(1)
    try:
        head = (first + await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    except (OSError, EOFError, IndexError) as cut:
        raise ValueError("the response was cut") from cut
    return int(head.split()[1]), b"connection: close" in head


async def get_once(port):
    """A request on a connection of its own; its status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return (await ask(reader, writer, b"Connection: close\r\n"))[0]
    finally:
        writer.close()


class Load:
    """Runs the clients until it is stopped."""

    def __init__(self, port, sockets):
        self.port, self.wanted = port, sockets
        self.sockets, self.tasks, self.running = [], [], True
        self.reset()

    def reset(self):
        """Starts counting anew."""
        self.answered = self.failed = self.repeated = self.dropped = self.garbled = self.echoes = 0
        self.reasons = {}

    def seen(self):
        """What was counted. `repeated`: a reused connection closed before any byte of the answer, sent again."""
        names = ("answered", "failed", "repeated", "echoes", "dropped", "garbled")
        return {name: getattr(self, name) for name in names} | ({"reasons": self.reasons} if self.reasons else {})

    async def start(self):
        """Opens the WebSockets, then starts all clients."""
        self.sockets = [await Socket.open(self) for _ in range(self.wanted)]
        jobs = [self._keep_alive() for _ in range(KEEP_ALIVE)] + [self._per_request() for _ in range(PER_REQUEST)]
        self.tasks = [asyncio.create_task(job) for job in jobs]

    async def stop(self):
        """Lets each client finish what it began."""
        self.running = False
        await asyncio.gather(*self.tasks)
        await asyncio.gather(*(socket.close() for socket in self.sockets))

    async def move_sockets(self):
        """Each WebSocket shows that it still answers, closes by itself and is opened anew."""
        await asyncio.gather(*(socket.echo() for socket in self.sockets))
        await asyncio.gather(*(socket.close() for socket in self.sockets))
        self.sockets = [await Socket.open(self) for _ in range(self.wanted)]

    def fail(self, reason):
        """Counts a failure under its reason."""
        self.failed += 1
        self.note(reason)

    def note(self, reason):
        """Remembers how often something was said."""
        text = f"{type(reason).__name__}: {reason}" if isinstance(reason, Exception) else str(reason)
        self.reasons[text] = self.reasons.get(text, 0) + 1

    def answer(self, status):
        """Counts an answer."""
        if status == 200:
            self.answered += 1
        else:
            self.fail(f"status {status}")

    async def _per_request(self):
        while self.running:
            try:
                self.answer(await asyncio.wait_for(get_once(self.port), 10))
            except (*LOST, TimeoutError) as lost:
                self.fail(lost)
            await asyncio.sleep(PAUSE)

    async def _keep_alive(self):
        connection = None
        while self.running:
            reused = connection is not None
            try:
                connection = connection or await asyncio.open_connection("127.0.0.1", self.port)
                status, last = await asyncio.wait_for(ask(*connection), 10)
                self.answer(status)
            except (*LOST, TimeoutError) as lost:
                # RFC 9112 §9.3.1: a client may send a request again when a reused connection closed unanswered.
                if reused and isinstance(lost, (EOFError, ConnectionError)):
                    self.repeated += 1
                else:
                    self.fail(lost)
                last = True
            if last and connection:
                connection[1].close()
                connection = None
            await asyncio.sleep(PAUSE)
        if connection:
            connection[1].close()


class Socket:
    """One WebSocket (after its handshake, bytes both ways) that says something every second."""

    def __init__(self, load, reader, writer):
        self.load, self.reader, self.writer = load, reader, writer
        self.busy, self.open = asyncio.Lock(), True
        self.task = asyncio.create_task(self._talk())

    @classmethod
    async def open(cls, load):
        """Connects and upgrades."""
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        writer.write(UPGRADE)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        if not head.startswith(b"HTTP/1.1 101 "):
            load.fail(f"no upgrade: {head[:40]!r}")
        return cls(load, reader, writer)

    async def echo(self):
        """Sends bytes and waits for them to come back."""
        if not self.open:
            return
        sent = os.urandom(200)
        async with self.busy:
            try:
                self.writer.write(sent)
                back = await asyncio.wait_for(self.reader.readexactly(len(sent)), 10)
                self.load.echoes += 1
                self.load.garbled += back != sent
            except (*LOST, TimeoutError) as lost:
                self.open = False
                self.load.dropped += 1
                self.load.note(lost)

    async def _talk(self):
        while self.open:
            await self.echo()
            await asyncio.sleep(1)

    async def close(self):
        """Ends it from this side."""
        async with self.busy:
            self.open = False
            self.task.cancel()
            self.writer.close()
