"""What each model accepts in a request, so that no parameter makes it answer 400.

Source: developers.openai.com/api/docs (model pages, deployment checklist). `gpt-6-luna` takes tools
in Chat Completions only with reasoning effort "none".
"""

from domain.values import Value


class Profile(Value):
    """None or False: the parameter is left out of the request.

    `max_tokens` are for an answer, and for the thoughts before it of a model that may have any.
    """

    max_tokens: int = 600
    temperature: float | None = None
    reasoning_effort: str | None = None
    logprobs: bool = False


_CONSERVATIVE = Profile(max_tokens=4000)
_STEADY = Profile(temperature=0.2, logprobs=True)
_UNREASONED = Profile(reasoning_effort="none")

# dated names ("gpt-4o-2024-08-06") have the profile of the longest prefix
_PROFILES = {
    "gpt-4o": _STEADY,
    "gpt-4o-mini": _STEADY,
    "gpt-4.1": _STEADY,
    "gpt-4.1-mini": _STEADY,
    "gpt-4.1-nano": _STEADY,
    "gpt-5.6": _UNREASONED,
    "gpt-6-luna": _UNREASONED,
}


def profile_of(model: str) -> Profile:
    """The profile of a model's name, a router's prefix ("openai/gpt-4o") left aside."""
    name = model.rpartition("/")[2].lower()
    known = [prefix for prefix in _PROFILES if name == prefix or name.startswith(f"{prefix}-")]
    return _PROFILES[max(known, key=len)] if known else _CONSERVATIVE
