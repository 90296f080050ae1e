"""Stands before a server and breaks on command."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Literal


class FaultProxy:
    """Hands connections on to a server, but for what its ``mode`` spoils.

    Modes: `pass`; `refuse`: connections are closed at once; `hang`: they are taken and never answered; `drop answer`:
    the server does what a request that holds ``match`` asks, and its answer is lost; that befalls ``times`` requests.
    """

    def __init__(self, server: int) -> None:
        self.mode: Literal["pass", "refuse", "hang", "drop answer"] = "pass"
        self.match = b""
        self.times = 0
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            if self.mode == "refuse":
                return
            if self.mode == "hang":
                while client.recv(65536):
                    pass
                return
            with socket.create_connection(("127.0.0.1", self._server)) as server:
                lost = threading.Event()
                threading.Thread(target=self._answers, args=(server, client, lost), daemon=True).start()
                while data := client.recv(65536):
                    if self.mode == "refuse":
                        return
                    if self.mode == "drop answer" and self.times and self.match in data:
                        self.times -= 1
                        lost.set()
                    server.sendall(data)

    @staticmethod
    def _answers(server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if lost.is_set():
                    break
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
