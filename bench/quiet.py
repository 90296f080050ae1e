"""CPU of a node that has nothing to do, and of one that gets a call a second, as shares of one core (Linux).

Bar: quiet <= 2 %, a call a second <= 15 %.

    python bench/quiet.py --seconds 60
"""

from __future__ import annotations

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from traffic import requests

from spanledger_cli.commands.run.doctor import node_status
from spanledger_settings.configuration import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="of each measurement")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(data_dir=Path(folder))
        ports = ["--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0"]
        command = [sys.executable, "-m", "spanledger_cli", "--data-dir", folder, "up", *ports]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while (status := node_status(configuration)) is None:
                time.sleep(0.1)
            netloc = urlsplit(status["addresses"]["otlp_http"]).netloc
            time.sleep(5)
            quiet = _share(process.pid, options.seconds, [])
            bodies = requests(options.seconds, 1, hours=1)
            _share(process.pid, 5, bodies[:5], netloc)
            busy = _share(process.pid, options.seconds, bodies, netloc)
            process.terminate()
    print(f"quiet: {quiet:.1%} of a core; a call a second: {busy:.1%}")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and those it started so far, all of their threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    started = " ".join(
        file.read_text(encoding="ascii") for file in Path(f"/proc/{pid}/task").glob("*/children")
    ).split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(int(child)) for child in started)


def _share(pid: int, seconds: int, bodies: list[bytes], netloc: str = "") -> float:
    begin, cpu = time.monotonic(), cpu_seconds(pid)
    for number in range(seconds):
        if number < len(bodies):
            connection = http.client.HTTPConnection(netloc)
            connection.request("POST", "/v1/traces", bodies[number], {"content-type": "application/x-protobuf"})
            connection.getresponse().read()
            connection.close()
        time.sleep(max(0.0, begin + number + 1 - time.monotonic()))
    return (cpu_seconds(pid) - cpu) / (time.monotonic() - begin)


if __name__ == "__main__":
    main()
