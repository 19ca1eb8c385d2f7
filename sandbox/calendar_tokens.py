"""Google's token endpoints on loopback: a service account's signed request, a user's consent.

Source: developers.google.com/identity/protocols/oauth2 (service-account, native-app).
"""

import base64
import binascii
import itertools
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.calendar_events import ApiError

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPES = ("auth/calendar.events", "auth/calendar", "auth/calendar.freebusy")
_SECONDS = 3600


@dataclass
class Tokens:
    """`undelegated`: subjects that no service account may act for. `revoked`: refresh tokens.

    `strict`: only tokens given here are taken, else any is.
    """

    given: dict[str, str] = field(default_factory=dict[str, str])
    undelegated: set[str] = field(default_factory=set[str])
    revoked: set[str] = field(default_factory=set[str])
    strict: bool = False
    count: int = 0
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def endpoint(self, request: Request) -> Response:
        """An access token, or Google's error in its own shape."""
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        try:
            scope, more = self._granted(form)
        except _Refused as refused:
            return JSONResponse({"error": refused.args[0]}, status_code=400)
        token = f"sandbox-{next(self._numbers)}"
        self.given[token] = scope
        self.count += 1
        answer = {"access_token": token, "expires_in": _SECONDS, "token_type": "Bearer"}
        return JSONResponse({**answer, **more, "scope": scope})

    def demand(self, header: str) -> None:
        """Raises ApiError 401 for a token that is none, 403 for one without our scopes."""
        kind, _, token = header.partition(" ")
        if kind != "Bearer" or not token:
            raise ApiError(401, "required", "Login Required.")
        if self.strict and token not in self.given:
            raise ApiError(401, "authError", "Invalid Credentials")
        if not any(self.given.get(token, _SCOPES[0]).find(scope) >= 0 for scope in _SCOPES):
            said = "Request had insufficient authentication scopes."
            raise ApiError(403, "insufficientPermissions", said)

    def _granted(self, form: dict[str, str]) -> tuple[str, dict[str, str]]:
        match form.get("grant_type"):
            case grant if grant == _JWT:
                return self._service_account(form.get("assertion", "")), {}
            case "refresh_token" if form.get("refresh_token") not in {None, *self.revoked}:
                return form.get("scope", " ".join(_SCOPES)), {}
            case "authorization_code" if form.get("code") and form.get("redirect_uri"):
                return " ".join(_SCOPES), {"refresh_token": f"refresh-{next(self._numbers)}"}
            case "refresh_token" | "authorization_code":
                raise _Refused("invalid_grant")
            case _:
                raise _Refused("unsupported_grant_type")

    def _service_account(self, assertion: str) -> str:
        claims = _claims(assertion)
        if not claims.get("iss") or not claims.get("scope"):
            raise _Refused("invalid_grant")
        if claims.get("sub") in self.undelegated:
            raise _Refused("unauthorized_client")
        return str(claims["scope"])


class _Refused(Exception):
    """Google's word for why there is no token."""


def _claims(assertion: str) -> dict[str, Any]:
    """What the signed request says; the signature is not checked, the stand-in knows no keys."""
    parts = assertion.split(".")
    try:
        return json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, binascii.Error):
        raise _Refused("invalid_grant") from None
