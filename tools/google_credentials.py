"""Google credentials: a service account or a rep's own token, from JSON, a file or a folder.

Each calendar has its credentials, so that a rep's quota is his own and a calendar that nobody
shares can be written: with domain-wide delegation as its owner, or with the token that he gave.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from domain.errors import SettingsError

SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.freebusy",
)
_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_SETTING = "GOOGLE_CALENDAR_CREDENTIALS"


EVERY_OWNER = "*"
"""As `subject` of a service account: it acts for the owner of each calendar."""

Keys = Callable[[str], Credentials]
"""The credentials for a calendar. Raises SettingsError."""


def google_keys(source: str, *, stand_in: bool = False) -> Keys:
    """The credentials by calendar, for the least scopes that booking needs.

    `source` is a path, the JSON itself, or a folder with one file a calendar, `CALENDAR.json`. A
    service account names in `subject` whom it acts for, "*" for the owner of each calendar. None is
    needed for a `stand_in`. Raises SettingsError.
    """
    if source and not _inline(source) and Path(source).is_dir():
        return _each(lambda calendar: _read(str(Path(source) / f"{calendar}.json")))
    if not source:
        alone = _stand_in(stand_in)
        return lambda _: alone
    info = _read(source)
    if info.get("subject") == EVERY_OWNER:
        return _each(lambda calendar: {**info, "subject": calendar})
    one = _usable(info)
    return lambda _: one


def _each(info: Callable[[str], dict[str, Any]]) -> Keys:
    """Credentials of its own for each calendar, made once."""

    @cache
    def made(calendar: str) -> Credentials:
        return _usable(info(calendar))

    return made


def _inline(source: str) -> bool:
    return source.lstrip().startswith("{")


def _stand_in(stand_in: bool) -> Credentials:  # noqa: FBT001 - the caller's own switch
    if not stand_in:
        raise SettingsError(f"{_SETTING} is missing: a file, a folder or the JSON itself")
    return user.Credentials(token="sandbox")  # noqa: S106 - not a secret: any token does


def _usable(info: dict[str, Any]) -> Credentials:
    try:
        return _of(info)
    except (ValueError, KeyError, TypeError, GoogleAuthError):
        # the cause may quote the key, so it is not shown
        raise SettingsError(
            f"{_SETTING} is not usable: {info.get('type', 'it has no type')}, with a field wrong"
        ) from None


def _read(source: str) -> dict[str, Any]:
    try:
        text = source if _inline(source) else Path(source).read_text("utf-8")
        info: object = json.loads(text)
    except OSError as error:
        name = Path(source).name
        raise SettingsError(f"{_SETTING}: cannot read {name}: {error.strerror}") from None
    except ValueError:
        raise SettingsError(f"{_SETTING} is not JSON") from None
    fields = cast("dict[str, Any]", info) if isinstance(info, dict) else {}
    if fields.get("type") not in ("service_account", "authorized_user"):
        raise SettingsError(f"{_SETTING}: type must be service_account or authorized_user")
    return fields


def _of(info: dict[str, Any]) -> Credentials:
    if info["type"] == "authorized_user":
        # from_authorized_user_info would ignore the file's token_uri
        return user.Credentials(
            token=None,
            refresh_token=info["refresh_token"],
            token_uri=info.get("token_uri", _TOKEN_URI),
            client_id=info["client_id"],
            client_secret=info["client_secret"],
            scopes=SCOPES,
        )
    return service_account.Credentials.from_service_account_info(
        info, scopes=SCOPES, subject=info.get("subject")
    )
