"""What a running part tells of itself on standard error: for people, or a line of JSON an event for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from rich.logging import RichHandler

from spanledger_cli.output.terminal import console
from spanledger_settings.configuration import Configuration


class JsonLines(logging.Formatter):
    """An event as a JSON object: `time` (UTC), `level`, `logger`, `message`, `thread`, and any `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        event = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "thread": record.threadName,
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event)


def log_to_standard_error(settings: Configuration) -> None:
    """Log as the configuration says; of others' libraries nothing below a warning."""
    if settings.log_format == "json":
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
    else:
        handler = RichHandler(console=console(stderr=True), show_path=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    level = settings.log_level.upper()
    logging.basicConfig(level=max(logging.WARNING, logging.getLevelNamesMapping()[level]), handlers=[handler])
    for package in ("spanledger_node", "spanledger_collector", "spanledger_enrich", "spanledger_sql"):
        logging.getLogger(package).setLevel(level)
