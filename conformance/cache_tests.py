#!/usr/bin/env python3
"""Runs the suite of http-tests/cache-tests against a build that keeps answers as RFC 9111 says, and scores it.

usage: cache_tests.py --suite DIR --score score.mjs --binary FILE

DIR is a checkout of the suite with its packages (`npm install`, and `npm install undici@7`). The script for the score is
given the results and the least numbers of required and optimal cases; its exit status is the answer.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from runner import ports  # noqa: E402

CONFIG = """
error_log {directory}/error.log info;
pid {directory}/pid;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    proxy_cache_path {directory}/cache keys_zone=answers:10m max_size=1g;
    server {{
        listen 127.0.0.1:{front};
        location / {{
            proxy_pass          http://127.0.0.1:{origin};
            proxy_set_header    Host $http_host;
            proxy_next_upstream off;
            early_hints         1;
            proxy_cache         answers;
            proxy_cache_rules   rfc9111;
        }}
    }}
}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=pathlib.Path, required=True)
    parser.add_argument("--score", type=pathlib.Path, required=True)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--required", default="160")
    parser.add_argument("--optimal", default="98")
    options = parser.parse_args()
    suite = options.suite.resolve()
    front, origin = ports.free_port(), ports.free_port()
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        config = pathlib.Path(directory, "nginx.conf")
        config.write_text(CONFIG.format(directory=directory, front=front, origin=origin))
        results = pathlib.Path(directory, "results.json")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": suite}
        server = subprocess.Popen([options.binary.resolve(), "-c", config, "-g", "daemon off;"], **quiet)
        settings = dict(os.environ, npm_config_protocol="http", npm_config_port=str(origin),
                        npm_config_pidfile=f"{directory}/origin.pid")
        behind = subprocess.Popen(["node", "test-engine/server/server.mjs"], env=settings, **quiet)
        try:
            for port in (front, origin):
                if not ports.wait_for_port(port):
                    sys.exit(f"nobody listens on port {port}")
            settings = dict(os.environ, npm_config_base=f"http://127.0.0.1:{front}", npm_config_id="",
                            npm_package_config_id="")
            with results.open("w") as out:
                subprocess.run(["node", "--no-warnings", "test-engine/cli.mjs"], env=settings, stdout=out, cwd=suite,
                               timeout=300, check=False)
        finally:
            for process in (server, behind):
                process.terminate()
                process.wait(30)
        score = ["node", options.score.resolve(), results, options.required, options.optimal]
        sys.exit(subprocess.run(score, env=dict(os.environ, SUITE=str(suite)), check=False).returncode)


if __name__ == "__main__":
    main()
