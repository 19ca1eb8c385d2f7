"""A rep's own consent: where there is no Workspace that could delegate to a service account.

The installed-app flow with PKCE (developers.google.com/identity/protocols/oauth2/native-app). The
rep's browser ends at an address on his own machine where nothing listens; he pastes that address.
"""

import base64
import hashlib
import json
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from domain.errors import SettingsError
from tools.google_credentials import SCOPES

REDIRECT = "http://127.0.0.1:1/"
"""Nothing listens there: the address that the browser shows is all that is wanted."""

STEPS = """\
1. At console.cloud.google.com make a project, and enable the Google Calendar API in it.
2. Under "Google Auth Platform" set the app's audience: Internal in a Workspace. An External app
   must be published ("In production"), or its tokens end after seven days.
3. Under Clients make an OAuth client of type "Desktop app" and download its JSON file.
4. For each rep: vendedor calendar login CLIENT.json REP@COMPANY.COM
   It prints an address; the rep opens it, allows the access, and gives you the address of the page
   that then does not load.
5. Set GOOGLE_CALENDAR_CREDENTIALS to the folder that it names, then run vendedor doctor.

With a Google Workspace a service account needs none of this: see docs/calendar.md."""

_SECONDS = 15.0


class OAuthClient(BaseModel):
    """A desktop app's client, as the console's JSON file has it under `installed`."""

    client_id: str
    client_secret: SecretStr
    auth_uri: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address

    @classmethod
    def read(cls, text: str) -> "OAuthClient":
        """From the file's text. Raises SettingsError."""
        try:
            return cls.model_validate(json.loads(text)["installed"])
        except (ValueError, KeyError, TypeError, ValidationError):
            reason = "it is not the JSON file of an OAuth client of type Desktop app"
            raise SettingsError(f"the client file cannot be used: {reason}") from None


def consent_address(client: OAuthClient, calendar: str, *, state: str, verifier: str) -> str:
    """Where the rep allows the access."""
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "client_id": client.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": " ".join(SCOPES),
        # a refresh token comes only with these two
        "access_type": "offline",
        "prompt": "consent",
        "login_hint": calendar,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    return f"{client.auth_uri}?{urlencode(query)}"


def code_of(pasted: str, *, state: str) -> str:
    """The code in the address where the browser ended. Raises SettingsError."""
    fields = {name: values[0] for name, values in parse_qs(urlsplit(pasted.strip()).query).items()}
    if fields.get("state") != state:
        raise SettingsError("that address does not come from this login: begin again")
    if error := fields.get("error"):
        raise SettingsError(f"Google says: {error}")
    if not fields.get("code"):
        raise SettingsError("that address holds no code: paste all of it")
    return fields["code"]


def credentials_for(client: OAuthClient, code: str, *, verifier: str) -> str:
    """The JSON to keep: a refresh token with its client. Raises SettingsError."""
    secret = client.client_secret.get_secret_value()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client.client_id,
        "client_secret": secret,
        "redirect_uri": REDIRECT,
        "code_verifier": verifier,
    }
    answer = _posted(client.token_uri, form)
    if not answer.get("refresh_token"):
        raise SettingsError(f"Google gave no refresh token: {answer.get('error', 'no reason')}")
    return json.dumps({
        "type": "authorized_user",
        "client_id": client.client_id,
        "client_secret": secret,
        "refresh_token": answer["refresh_token"],
        "token_uri": client.token_uri,
    })  # fmt: skip


def _posted(address: str, form: dict[str, str]) -> dict[str, Any]:
    try:
        answer: object = httpx.post(address, data=form, timeout=_SECONDS).json()
    except (httpx.HTTPError, ValueError) as error:
        raise SettingsError(f"no answer from Google: {type(error).__name__}") from None
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
