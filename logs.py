"""Logs: structlog, JSON unless a person watches, the standard library's records included.

Nothing above DEBUG holds a phone number, a raw wamid or a message's text.
"""

import logging
import sys
from typing import Any

import orjson
import structlog

_QUIET = ("aiohttp", "httpx", "pywa_async", "googleapiclient", "uvicorn")
"""Libraries whose INFO names requests, some with phone numbers, or says nothing to anybody."""


def configure(level: str, *, human: bool = sys.stderr.isatty()) -> None:
    """Set up logging for the process; `human` chooses readable lines over JSON."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    render: list[Any] = (
        # plain: rich tracebacks show local variables, a lead's words among them
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if human
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _json(event: Any, **_: Any) -> str:  # noqa: ANN401 - structlog's renderer protocol
    return orjson.dumps(event, default=str).decode()
