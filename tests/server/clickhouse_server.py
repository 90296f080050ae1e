"""A ClickHouse server on loopback, in this process, until its standard input ends.

    python clickhouse_server.py LIBRARY FOLDER HTTP_PORT CONFIG.xml

The library's C function runs clickhouse-local, whose SYSTEM START LISTEN opens the server's own HTTP handler.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from pathlib import Path


class _Result(ctypes.Structure):
    _fields_ = (
        ("buffer", ctypes.c_void_p), ("length", ctypes.c_size_t), ("vector", ctypes.c_void_p),
        ("elapsed", ctypes.c_double), ("rows", ctypes.c_uint64), ("bytes", ctypes.c_uint64),
        ("error", ctypes.c_char_p),
    )  # fmt: skip


def main() -> None:
    library, folder, port, config = sys.argv[1:5]
    pipe = Path(folder).resolve() / "stop"
    Path(pipe).unlink(missing_ok=True)  # of a server that was killed
    os.mkfifo(pipe)
    # The query that keeps clickhouse-local alive reads this pipe until its writer closes it.
    writer = os.open(pipe, os.O_RDWR)

    def wait() -> None:
        while os.read(0, 65536):
            pass
        os.close(writer)

    threading.Thread(target=wait, daemon=True).start()
    query = f"SYSTEM START LISTEN HTTP; SELECT * FROM file('{pipe}', 'LineAsString', 'line String') FORMAT Null"
    arguments = [
        "clickhouse", "--config-file", config, "--path", f"{folder}/data", "--listen_host", "127.0.0.1",
        "--http_port", port, "--query", query,
    ]  # fmt: skip
    engine = ctypes.CDLL(library)
    engine.query_stable_v2.restype = ctypes.POINTER(_Result)
    given = (ctypes.c_char_p * (len(arguments) + 1))(*(one.encode() for one in arguments), None)
    if error := engine.query_stable_v2(len(arguments), given).contents.error:
        sys.exit(error.decode())


main()
