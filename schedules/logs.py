"""How the program's log lines look: plain text for people, or one JSON object a line.

Logs are for now; whatever is worth knowing tomorrow is a row in the archive.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Protocol

import structlog


class Log(Protocol):
    """What the rest of this room asks of a log: an event in a few words, and what belongs to it."""

    def info(self, event: str, **values: Any) -> Any:
        """Something happened as it should."""

    def warning(self, event: str, **values: Any) -> Any:
        """Something a person may want to look at."""

    def error(self, event: str, **values: Any) -> Any:
        """Something went wrong."""


def open_log(*, json_lines: bool, color: bool) -> Log:
    """Set up logging to standard error, for us and for the libraries below, and return the log."""
    # Libraries tell through the standard library; what APScheduler has to say our own listener says better.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    shown: Any = structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=color)
    structlog.configure(
        processors=[
            _without_retries,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if json_lines else _as_it_is,
            shown,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    log: Log = structlog.get_logger()
    return log


def _without_retries(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # stamina logs every retry by itself; each attempt is a capture with its own line already.
    if str(event.get("event", "")).startswith("stamina."):
        raise structlog.DropEvent
    return event


def _as_it_is(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event
