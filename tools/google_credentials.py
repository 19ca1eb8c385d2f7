"""Google credentials from a file or from JSON: a service account, or a user's refresh token."""

import json
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


def google_credentials(source: str, *, stand_in: bool = False) -> Credentials:
    """Credentials for the least scopes that booking needs.

    `source` is a path or the JSON itself. A service account may name in `subject` the user whom it
    acts for (domain-wide delegation). None is needed for a `stand_in`. Raises SettingsError.
    """
    if not source:
        if stand_in:
            return user.Credentials(token="sandbox")  # noqa: S106 - not a secret: any token does
        raise SettingsError(f"{_SETTING} is missing: a file or the JSON itself")
    info = _read(source)
    try:
        return _of(info)
    except (ValueError, KeyError, TypeError, GoogleAuthError):
        # the cause may quote the key, so it is not shown
        raise SettingsError(
            f"{_SETTING} is not usable: {info.get('type', 'it has no type')}, with a field wrong"
        ) from None


def _read(source: str) -> dict[str, Any]:
    try:
        text = source if source.lstrip().startswith("{") else Path(source).read_text("utf-8")
        info: object = json.loads(text)
    except OSError as error:
        raise SettingsError(f"{_SETTING}: cannot read the file: {error.strerror}") from None
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
