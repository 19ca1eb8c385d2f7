"""Meta's refusals: code, title, details, HTTP status, and the error body that carries them.

Codes: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes.
"""

from domain.values import Plain

_TITLES: dict[int, str] = {
    1: "API Unknown",
    2: "API Service",
    4: "API Too Many Calls",
    33: "Parameter value is not valid",
    100: "Invalid parameter",
    190: "Invalid OAuth access token",
    368: "Temporarily blocked for policies violations",
    80007: "Rate limit issues",
    130429: "Rate limit hit",
    130472: "User's number is part of an experiment",
    131000: "Something went wrong",
    131005: "Access denied",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131031: "Account has been locked",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "Meta chose not to deliver",
    131050: "User stopped marketing messages",
    131051: "Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131057: "Account in maintenance mode",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132012: "Template parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    132018: "Template parameters validation failed",
}
_STATUS: dict[int, int] = {
    1: 500, 2: 503, 4: 429, 80007: 429, 190: 401, 130429: 429, 131000: 500, 131005: 403,
    131016: 503, 131056: 429, 131057: 503, 132001: 404,
}  # fmt: skip


class GraphFault(Exception):
    """A request that Meta would refuse with `code`; what the caller sees is `body`."""

    def __init__(
        self, code: int, details: str = "", *, status: int | None = None, subcode: int | None = None
    ) -> None:
        super().__init__(f"(#{code}) {details or title(code)}")
        self.code = code
        self.details = details
        self.status = status or _STATUS.get(code, 400)
        self.subcode = subcode

    def body(self, trace: str) -> Plain:
        """The answer's JSON; `trace` is the fbtrace_id."""
        error: Plain = {
            "message": f"(#{self.code}) {title(self.code)}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": trace,
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return {"error": error}

    def receipt(self) -> Plain:
        """The same refusal as it stands in a `failed` receipt."""
        return {
            "code": self.code,
            "title": title(self.code),
            "message": title(self.code),
            "error_data": {"details": self.details or title(self.code)},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }


def title(code: int) -> str:
    """Meta's name of an error."""
    return _TITLES.get(code, "Something went wrong")


def missing(path: str) -> GraphFault:
    """A required parameter that is not there."""
    return GraphFault(100, f"The parameter {path} is required.")


def invalid(details: str) -> GraphFault:
    """A parameter whose value Meta does not take."""
    return GraphFault(131009, details)


def no_object(object_id: str) -> GraphFault:
    """A node id that does not exist or that the token may not see."""
    return GraphFault(
        100,
        f"Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation",
        subcode=33,
    )
