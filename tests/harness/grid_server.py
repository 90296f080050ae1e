"""The grid's APIs on loopback, answering in their documented shapes, with the errors that a test asks for."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "em-key"
USER, PASSWORD = "wt-user", "wt-password"


def lifecycle_g(hour: datetime) -> float:
    """What Electricity Maps says of an hour."""
    return 100.0 + hour.timetuple().tm_yday + hour.hour / 100


class GridServer:
    """All three APIs on one port. What is put into ``answers`` is sent first, in order: (status, headers, body)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.token = 0
        self.unsettled_from = datetime.max.replace(tzinfo=UTC)
        self.nulls: set[datetime] = set()
        self.factor = 1.0
        self.units = "lbs_co2_per_mwh"
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                query = dict(parse_qsl(address.query))
                server.asked.append((address.path, query))
                if server.answers:
                    status, headers, body = server.answers.pop(0)
                else:
                    status, answer = server.answer(address.path, query, dict(self.headers))
                    headers, body = {"Content-Type": "application/json"}, json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def say(self, status: int, body: object = b"", **headers: str) -> None:
        """Answer the next question so."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, sent))

    def calls(self, path: str) -> list[dict[str, str]]:
        return [query for asked, query in self.asked if asked.startswith(path)]

    def answer(self, path: str, query: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        if path == "/v3/carbon-intensity/past-range":
            return self._electricity_maps(query, headers)
        if path == "/login":
            given = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if headers.get("Authorization") != f"Basic {given}":
                return 401, {"error": "wrong name or password"}
            self.token += 1
            return 200, {"token": f"token-{self.token}"}
        if path == "/v3/historical":
            return self._watttime(query, headers)
        if path.startswith("/intensity/"):
            return self._gb(*path.split("/")[2:])
        return 404, {"error": "no such address"}

    def _electricity_maps(self, query: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        if headers.get("auth-token") != KEY:
            return 401, {"error": "Invalid auth-token"}
        if query["zone"] == "FR":
            return 403, {"error": "no access to zone FR"}
        begin, end = datetime.fromisoformat(query["start"]), datetime.fromisoformat(query["end"])
        if end - begin > timedelta(days=10):
            return 400, {"error": "at most 10 days"}
        data = [
            {
                "zone": query["zone"],
                "carbonIntensity": None if hour in self.nulls else self.factor * lifecycle_g(hour),
                "datetime": f"{hour:%Y-%m-%dT%H:%M:%S}.000Z",
                "updatedAt": "2024-02-03T06:41:13.410Z",
                "createdAt": "2023-12-29T00:54:21.000Z",
                "emissionFactorType": query["emissionFactorType"],
                "isEstimated": hour.hour == 3,
                "estimationMethod": "TIME_SLICER_AVERAGE" if hour.hour == 3 else None,
            }
            for hour in steps(begin, end, 60)
        ]
        return 200, {"zone": query["zone"], "temporalGranularity": "hourly", "data": data}

    def _watttime(self, query: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        if headers.get("Authorization") != f"Bearer token-{self.token}":
            return 401, {"error": "token has expired"}
        if query["region"] != "CAISO_NORTH":
            return 403, {"error": "your plan has no access to this region"}
        begin, end = datetime.fromisoformat(query["start"]), datetime.fromisoformat(query["end"])
        if end - begin > timedelta(days=32):
            return 400, {"error": "at most 32 days"}
        data = [
            {"point_time": point.isoformat(), "value": 800.0 + point.minute, "version": "2022-10-01"}
            for point in steps(begin, end + timedelta(minutes=5), 5)
        ]
        meta = {
            "data_point_period_seconds": 300,
            "region": query["region"],
            "signal_type": "co2_moer",
            "units": self.units,
            "model": {"date": "2022-10-01", "type": "binned_regression"},
            "warnings": [],
        }
        return 200, {"data": data, "meta": meta}

    def _gb(self, begin_text: str, end_text: str) -> tuple[int, Any]:
        begin, end = datetime.fromisoformat(begin_text), datetime.fromisoformat(end_text)
        if end - begin > timedelta(days=14):
            return 400, {"error": {"code": "400 Bad Request", "message": "no more than 14 days"}}
        data = []
        for half in steps(begin - timedelta(minutes=30), end, 30):
            actual = None if half >= self.unsettled_from else 60 + half.minute
            data.append(
                {
                    "from": f"{half:%Y-%m-%dT%H:%MZ}",
                    "to": f"{half + timedelta(minutes=30):%Y-%m-%dT%H:%MZ}",
                    "intensity": {"forecast": 200, "actual": actual, "index": "low"},
                }
            )
        return 200, {"data": data}


def steps(begin: datetime, end: datetime, minutes: int) -> list[datetime]:
    step = timedelta(minutes=minutes)
    return [begin + number * step for number in range((end - begin) // step)]
