"""A real gRPC client and server (PyPI's grpcio) with Zaguan between them: every kind of call, errors, deadlines.

    python3 tests/peers/grpc_checks.py [--zaguan PATH] [--transport uring|epoll]...

Needs the PyPI package grpcio. Messages are bytes: no compiler of interfaces is needed.
"""

import argparse
import concurrent.futures
import pathlib
import sys
import threading
import traceback

import grpc

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

from runner import ports, servers  # noqa: E402

CONFIG = """{main}
events {{}}
http {{
{temporary}
    upstream application {{ server 127.0.0.1:{origin}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{port};
        http2 on;
        client_max_body_size 0;
        location / {{ grpc_pass grpc://application; }}
        location /gone.Service/ {{
            error_page 502 = /unavailable;
            grpc_pass grpc://127.0.0.1:{nobody};
        }}
        location = /unavailable {{
            internal;
            default_type application/grpc;
            add_header grpc-status 14;
            add_header grpc-message "nobody is there";
            return 204;
        }}
    }}
}}
"""


class Handler(grpc.GenericRpcHandler):
    """The service: what is said is said back."""

    def service(self, details):
        """The method of a name."""
        name = details.method.rsplit("/", 1)[-1]
        return {
            "Unary": grpc.unary_unary_rpc_method_handler(unary),
            "Server": grpc.unary_stream_rpc_method_handler(lambda message, _: (message for _ in range(100))),
            "Client": grpc.stream_unary_rpc_method_handler(lambda messages, _: b"".join(messages)),
            "Both": grpc.stream_stream_rpc_method_handler(lambda messages, _: (message.upper() for message in messages)),
            "Fails": grpc.unary_unary_rpc_method_handler(fails),
            "Sleeps": grpc.unary_unary_rpc_method_handler(sleeps),
        }.get(name)


def unary(message, context):
    """What came, with trailers."""
    told = dict(context.invocation_metadata())
    context.set_trailing_metadata((("x-told", told.get("x-tell", "")),))
    return message


def fails(_, context):
    """An error with its words."""
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not now: é")


def sleeps(_, context):
    """An answer that comes when nobody waits for it any more."""
    threading.Event().wait(context.time_remaining() + 2)
    return b""


def check_unary(channel):
    """A message of each size goes and comes whole, with fields before and behind it."""
    call = channel.unary_unary("/some.Service/Unary")
    for size in (0, 1, 100_000, 3_000_000):
        message = bytes(n % 251 for n in range(size))
        answer, told = call.with_call(message, metadata=(("x-tell", "word"),), timeout=20)
        assert answer == message, size
        assert dict(told.trailing_metadata())["x-told"] == "word"


def check_server_streams(channel):
    """Many messages for one."""
    answers = list(channel.unary_stream("/some.Service/Server")(b"m" * 5000, timeout=20))
    assert answers == [b"m" * 5000] * 100


def check_client_streams(channel):
    """One message for many."""
    answer = channel.stream_unary("/some.Service/Client")((b"%d," % n for n in range(1000)), timeout=20)
    assert answer == b"".join(b"%d," % n for n in range(1000))


def check_both_stream(channel):
    """Each message is answered before the next is sent."""
    turn = threading.Semaphore(1)

    def messages():
        for n in range(20):
            assert turn.acquire(timeout=10)
            yield b"message %d" % n

    answers = []
    for answer in channel.stream_stream("/some.Service/Both")(messages(), timeout=20):
        answers.append(answer)
        turn.release()
    assert answers == [b"MESSAGE %d" % n for n in range(20)]


def check_many_calls(channel):
    """Calls share connections and do not wait for each other."""
    call = channel.unary_unary("/some.Service/Unary")
    calls = [call.future(b"%d" % n, timeout=20) for n in range(300)]
    assert [one.result() for one in calls] == [b"%d" % n for n in range(300)]


def check_errors(channel):
    """Status and words come through; a method that is not there, too."""
    expect(channel, "/some.Service/Fails", grpc.StatusCode.FAILED_PRECONDITION, "not now: é")
    expect(channel, "/some.Service/None", grpc.StatusCode.UNIMPLEMENTED, None)
    expect(channel, "/gone.Service/Any", grpc.StatusCode.UNAVAILABLE, "nobody is there")


def check_deadline(channel):
    """A call that takes too long is given up on."""
    expect(channel, "/some.Service/Sleeps", grpc.StatusCode.DEADLINE_EXCEEDED, None, timeout=0.5)


def expect(channel, method, status, words, timeout=20):
    """A call that fails in a way."""
    try:
        channel.unary_unary(method)(b"", timeout=timeout)
    except grpc.RpcError as error:
        assert error.code() == status, (error.code(), error.details())
        assert words is None or error.details() == words, error.details()
    else:
        raise AssertionError(f"{method} did not fail")


def run(binary, transport):
    """All checks on one transport: how many failed."""
    origin = grpc.server(concurrent.futures.ThreadPoolExecutor(16))
    origin.add_generic_rpc_handlers((Handler(),))
    place = origin.add_insecure_port("127.0.0.1:0")
    origin.start()
    failed = 0
    checks = {name: check for name, check in globals().items() if name.startswith("check_")}
    with servers.Folder("grpc") as folder:
        port = ports.free_port()
        main = servers.main_context(binary, transport)
        config = CONFIG.format(main=main, temporary=servers.TEMPORARY, port=port, origin=place, nobody=ports.free_port())
        with servers.start_nginx("proxy", binary, config, folder / "proxy", port) as server:
            for name, check in checks.items():
                with grpc.insecure_channel(f"127.0.0.1:{port}", options=(("grpc.enable_http_proxy", 0),)) as channel:
                    try:
                        check(channel)
                    except Exception:  # A check may fail in any way; each is one failure.
                        failed += 1
                        print(f"FAILED {name}\n{traceback.format_exc(limit=-2)}")
            for line in server.alerts():
                failed += 1
                print(f"FAILED: the log says {line}")
    origin.stop(None)
    print(f"gRPC, {transport or binary.name}: {len(checks)} checks, {failed} failed", flush=True)
    return failed


def main():
    """Every transport; 1 when a check fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    options = parser.parse_args()
    transports = (options.transport or ["uring", "epoll"]) if servers.is_zaguan(options.zaguan) else [None]
    return 1 if sum(run(options.zaguan, transport) for transport in transports) else 0


if __name__ == "__main__":
    sys.exit(main())
