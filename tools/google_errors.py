"""What went wrong with Google, in one line that an operator can act on and that holds no secret."""

import re

from google.auth.exceptions import GoogleAuthError, RefreshError
from googleapiclient.errors import HttpError

from domain.errors import CalendarUnavailable

_BUSY = {"rateLimitExceeded", "userRateLimitExceeded"}
_USED_UP = {"quotaExceeded", "dailyLimitExceeded", "calendarUsageLimitsExceeded"}
_AUTH_CODES = re.compile(
    r"invalid_grant|invalid_client|unauthorized_client|access_denied|invalid_scope|deleted_client"
)
_HINTS = {
    "unauthorized_client": ": the Workspace does not let this service account act for the user."
    " In the admin console, Security > API controls > Domain-wide delegation, allow its client id"
    " the scopes calendar.events and calendar.freebusy",
    "invalid_grant": ": the token has ended or was taken back (those of an app in testing end"
    " after 7 days), or there is no such user. `vendedor calendar login` gives a new one",
}
_ACTIONS = {
    401: "the credentials are not accepted",
    404: "no such calendar, or it is not shared with these credentials",
}


def calendar_unavailable(error: Exception) -> CalendarUnavailable:
    """The error as ours; quota and permission are told apart."""
    if isinstance(error, HttpError):
        return CalendarUnavailable(_http(error))
    if isinstance(error, GoogleAuthError):
        return CalendarUnavailable(_auth(error))
    if isinstance(error, TimeoutError):
        return CalendarUnavailable("no answer in time")
    return CalendarUnavailable(f"no connection: {type(error).__name__}")


def reason(error: HttpError) -> str:
    """Google's word for the error, such as rateLimitExceeded; "" when there is none."""
    details: object = error.error_details
    found = re.search(r"'reason': '(\w+)'", str(details))
    return found[1] if found else ""


def _http(error: HttpError) -> str:
    status, why = error.status_code, reason(error)
    named = f"HTTP {status} {why}".rstrip()
    if why in _USED_UP:
        return f"quota used up ({named})"
    if why in _BUSY or status == 429:  # noqa: PLR2004 - Too Many Requests
        return f"quota: too many requests just now ({named})"
    if status == 403:  # noqa: PLR2004 - Forbidden
        return f"no permission: the credentials may not do this ({named})"
    return f"{_ACTIONS.get(status, 'Google Calendar failed')} ({named})"


def _auth(error: GoogleAuthError) -> str:
    code = _AUTH_CODES.search(str(error))
    if code:
        hint = _HINTS.get(code[0], "")
        return f"the credentials are not accepted ({code[0]}){hint}"
    if isinstance(error, RefreshError):
        return "the credentials are not accepted: no new token was given"
    return f"no token could be fetched: {type(error).__name__}"
