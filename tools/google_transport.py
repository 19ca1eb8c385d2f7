"""Google's blocking client in threads: a bounded pool, one connection each, one deadline a call.

httplib2 is not thread-safe (googleapis.github.io/google-api-python-client/docs/thread_safety.html).
"""

import asyncio
import contextvars
import http.client
import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar, cast

import google_auth_httplib2
import httplib2
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from googleapiclient.errors import Error
from googleapiclient.http import HttpRequest

from domain.errors import CalendarUnavailable, SettingsError
from tools.google_credentials import Keys
from tools.google_errors import calendar_unavailable

T = TypeVar("T")
Execute = Callable[[HttpRequest], dict[str, Any]]
"""Sends one request over the thread's connection."""

_FAILURES = (
    Error,
    GoogleAuthError,
    httplib2.HttpLib2Error,
    http.client.HTTPException,
    json.JSONDecodeError,
    OSError,
)


class GoogleTransport:
    """Runs blocking work against Google. Seconds: `timeout` a request, `deadline` a whole work."""

    def __init__(
        self,
        keys: Keys,
        *,
        timeout: float,
        deadline: float,
        threads: int,
        retries: int,
    ) -> None:
        self._keys = keys
        self._timeout = timeout
        self._deadline = deadline
        self._retries = retries
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="google")
        self._refreshing = threading.Lock()
        self._thread = threading.local()
        self._connections: list[httplib2.Http] = []

    async def run(self, calendar: str, work: Callable[[Execute], T]) -> T:
        """Work with the calendar's credentials.

        Raises CalendarUnavailable; after the deadline nobody knows whether the work was done, since
        a thread cannot be cancelled: it ends by its own timeouts.
        """
        context = contextvars.copy_context()
        try:
            execute = partial(self._execute, self._keys(calendar))
        except SettingsError as error:
            raise CalendarUnavailable(str(error)) from None

        def in_context() -> T:
            return context.run(work, execute)

        future = asyncio.get_running_loop().run_in_executor(self._pool, in_context)
        future.add_done_callback(_noted)
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.shield(future)
        except GoogleAuthError as error:
            # its cause quotes the token server's answer
            raise calendar_unavailable(error) from None
        except _FAILURES as error:
            raise calendar_unavailable(error) from error

    def by_credentials(self, calendars: Iterable[str]) -> list[list[str]]:
        """The calendars that may be asked for together. Raises CalendarUnavailable."""
        groups: dict[int, list[str]] = {}
        try:
            for calendar in calendars:
                groups.setdefault(id(self._keys(calendar)), []).append(calendar)
        except SettingsError as error:
            raise CalendarUnavailable(str(error)) from None
        return list(groups.values())

    async def aclose(self) -> None:
        """Wait for what runs, at most the requests' timeouts, and close the connections."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        for connection in self._connections:
            connection.close()

    def _execute(self, credentials: Credentials, request: HttpRequest) -> dict[str, Any]:
        connection = self._connection()
        with self._refreshing:
            # without the lock every thread would fetch a token of its own
            if not credentials.valid:
                credentials.refresh(google_auth_httplib2.Request(connection))
        authorized = google_auth_httplib2.AuthorizedHttp(credentials, http=connection)
        try:
            return request.execute(
                http=cast("httplib2.Http", authorized), num_retries=self._retries
            )
        except (OSError, http.client.HTTPException):
            # half of an answer may be left in it
            connection.close()
            raise

    def _connection(self) -> httplib2.Http:
        """This thread's own."""
        found: httplib2.Http | None = getattr(self._thread, "connection", None)
        if found is None:
            found = httplib2.Http(timeout=self._timeout)
            # 308 is no redirect at Google, as googleapiclient.http.build_http knows
            found.redirect_codes = found.redirect_codes - {308}
            self._connections.append(found)
            self._thread.connection = found
        return found


def _noted(future: "asyncio.Future[Any]") -> None:
    """Asyncio complains of an error that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
