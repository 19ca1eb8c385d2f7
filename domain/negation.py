"""Whether the words before a claim deny it, in Spanish, English and Portuguese.

"No problem, I booked it" denies nothing, nor does "if you are not happy, we refund it", nor what
stands before a "but".
"""

import re

_NO = re.compile(
    r"\b(?:no|not|nunca|never|sin|without|n[aã]o|sem|nem|ni|cannot|tampoco)\b|n['’]t\b",
    re.IGNORECASE,
)
_NO_DENIAL = re.compile(
    r"\b(?:no te preocupes|no se preocupe|n[aã]o se preocupe|don['’]t worry|no (?:problem|worries)|"
    r"(?:no hay|sin|sem) (?:ning[uú]n |nenhum )?problemas?)\b"
    r"|\b(?:si|se|if) (?:\S+ ){0,2}?(?:(?:no|n[aã]o|not)\b|\S+n['’]t\b)",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:pero|but|mas|por[eé]m)\b", re.IGNORECASE)


def denied(before: str) -> bool:
    """Whether these words make a denial of the claim that follows them in the same sentence."""
    return bool(_NO.search(_NO_DENIAL.sub(" ", _BUT.split(before)[-1])))
