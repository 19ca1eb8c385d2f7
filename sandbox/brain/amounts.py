"""Budgets: amounts of money in three languages, and the lead's word that there is none yet."""

import re

from sandbox.brain.found import Found
from sandbox.brain.words import fold, words

_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
_SPELLED = {
    "un": 1, "uno": 1, "um": 1, "one": 1, "a": 1, "couple": 2, "dos": 2, "dois": 2, "duas": 2,
    "two": 2,
    "tres": 3, "three": 3, "cuatro": 4, "quatro": 4, "four": 4, "cinco": 5, "five": 5, "seis": 6,
    "six": 6, "siete": 7, "sete": 7, "seven": 7, "ocho": 8, "oito": 8, "eight": 8, "nueve": 9,
    "nove": 9, "nine": 9, "diez": 10, "dez": 10, "ten": 10, "doce": 12, "doze": 12, "twelve": 12,
    "quince": 15, "quinze": 15, "fifteen": 15, "veinte": 20, "vinte": 20, "twenty": 20,
    "treinta": 30, "trinta": 30, "thirty": 30, "cuarenta": 40, "quarenta": 40, "forty": 40,
    "cincuenta": 50, "cinquenta": 50, "fifty": 50, "cien": 100, "cem": 100, "hundred": 100,
}  # fmt: skip
_TIMES = {
    "k": 1_000, "mil": 1_000, "thousand": 1_000, "grand": 1_000, "m": 1_000_000,
    "millon": 1_000_000, "millones": 1_000_000, "million": 1_000_000, "milhao": 1_000_000,
    "milhoes": 1_000_000,
}  # fmt: skip
_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "r$": "BRL", "brl": "BRL",
    "reais": "BRL", "real": "BRL", "us$": "USD", "usd": "USD", "dolar": "USD", "dolares": "USD",
    "dollar": "USD", "dollars": "USD", "bucks": "USD", "$": "$", "£": "GBP", "gbp": "GBP",
    "pounds": "GBP", "pesos": "pesos", "mxn": "MXN", "cop": "COP", "ars": "ARS", "clp": "CLP",
    "soles": "PEN", "pen": "PEN", "libras": "GBP",
}  # fmt: skip


def _either(options: dict[str, int] | dict[str, str]) -> str:
    return "|".join(re.escape(option) for option in sorted(options, key=len, reverse=True))


def _one(which: int) -> str:
    money, scale = _either(_CURRENCIES), _either(_TIMES)
    return (
        rf"(?P<pre{which}>{money})?\s*(?:(?P<num{which}>{_NUMBER})|"
        rf"\b(?P<word{which}>{_either(_SPELLED)})\b(?=\s+(?:{scale})\b)|\b(?=mil\s+(?:{money})))"
        rf"\s*(?P<times{which}>(?:{scale})\b)?(?:\s*(?:de\s+)?(?P<post{which}>(?:{money})(?![a-z])))?"
    )


_AMOUNT = re.compile(
    rf"(?<![\w.,:/@+]){_one(1)}"
    rf"(?:\s*(?:-|–|a|to|y|e|o|or|and|ate|hasta|ou)\s*{_one(2)})?"
    r"(?P<period>\s*(?:/|al|por|a|per|ao|cada)?\s*(?:mensual(?:es)?|mensais|mensal|monthly|"
    r"anual(?:es)?"
    r"|yearly|anuais|(?<=[/ ])(?:mes|month|ano|year))\b)?"
)
_TALKS_OF_BUDGET = re.compile(
    r"presupuesto|budget|orcamento|invertir|inversion|invest|gastar|spend|pagar|pay\b|destinar|"
    r"tenemos hasta|tengo hasta|afford|gasto|verba|disponho|dispongo|cuento con|conto com"
)
_COULD_BE_BUDGET = re.compile(r"\b(?:tengo|tenemos|hasta|have|up to|tenho|temos|ate)\b")
_BILLED = re.compile(
    r"\b(?:facturas?|recibos?|bills?|(?:a|minha|nossa) conta|contas? de|faturas?|"
    r"me (?:llega|cobran|cobram))\b"
)
_PAID_NOW = re.compile(
    rf"{_BILLED.pattern}|\b(?:pagamos|pago|gastamos|gasto|cuestan?|custam?|gano|ganamos|ganho|"
    r"(?:i|we) (?:pay|spend|earn)|"
    r"(?:i'm|we're|are|am) (?:paying|spending))\b"
)
_JOINS = re.compile(r"[.;!?\n](?=\s|$)|,\s|\s(?:y|and|e|pero|but|mas)\s")
_SENTENCE_END = re.compile(r"[.;!?\n](?=\s|$)")
_ALMOST_ALONE = 4
_BUDGET_BY_NAME = re.compile(r"presupuesto|budget|orcamento|inver[st]\w*|verba")
_OF_A_DAY = re.compile(r"\b(?:el|dia|the|o|no dia|del|on|tipo)\s+$")
_DAYS_IN_A_MONTH = 31
_COUNTED = re.compile(
    r"\s*(?:%|:\d|/\d|h\b|hs\b|am\b|pm\b|(?:a|de|of|e)?\s*(?:meses|mes\b|semana|dia|ano|week|"
    r"month|day|"
    r"year|hora|hour|minut|emplead|funcionari|employee|people|persona|pessoa|user|usuari|client|"
    r"custom|tienda|loja|store|shop|vended|seller|lead|mensaje|message|mensage|vez|veces|times|"
    r"gracias|producto|product|pedido|order|sede|sucursal|follower|seguidor|propiedad|property))"
)
_DIGITS_OF_A_PHONE = 9
_SMALLEST = 10
_YEAR = re.compile(r"20[2-4]\d")
_OPEN = re.compile(
    r"\b(?:flexible|flexivel|ilimitad[oa]|no limit|sin limite|sem limite|(?:it )?depends|depende|"
    r"lo que (?:haga falta|cueste|sea)|whatever it takes|o que for preciso|not much|no mucho|"
    r"pouco|poco)\b"
)


def budget(text: str, *, pending: bool) -> Found | None:
    """The budget in a message, if it names one."""
    folded = fold(text)
    plain = bool(_TALKS_OF_BUDGET.search(folded))
    for match in _AMOUNT.finditer(folded):
        if _is_money(match, folded, plain=plain, pending=pending):
            return Found("budget", _value(match), text[match.start() : match.end()].strip())
    if pending and (match := _OPEN.search(folded)):
        return Found("budget", text[match.start() : match.end()], text[match.start() : match.end()])
    return None


def _is_money(match: re.Match[str], folded: str, *, plain: bool, pending: bool) -> bool:
    groups = match.groupdict()
    if not (plain or pending or _may_be_a_budget(match, folded)):
        return False
    if _is_a_day(match, folded) or _is_paid_now(match, folded, pending=pending):
        return False
    if any(groups[name] for name in ("pre1", "post1", "pre2", "post2")):
        return True
    if _YEAR.fullmatch(match.group().strip()) and not plain:
        return False
    if (
        _COUNTED.match(folded, match.end())
        or len(re.sub(r"\D", "", match.group())) >= _DIGITS_OF_A_PHONE
    ):
        return False
    scaled = bool(groups["times1"] or groups["times2"])
    big = float(_number(groups, 1) or 0) >= _SMALLEST
    return (scaled and (plain or pending or not match.group().startswith("mil"))) or (
        (plain or pending) and big
    )


def _is_a_day(match: re.Match[str], folded: str) -> bool:
    number = match.group().strip()
    bare = number.isdigit() and int(number) <= _DAYS_IN_A_MONTH
    return bare and bool(_OF_A_DAY.search(folded[: match.start("num1")]))


def _is_paid_now(match: re.Match[str], folded: str, *, pending: bool) -> bool:
    """A bill tells what he spends today, unless his words by the sum call it a budget."""
    paid = _BILLED if pending else _PAID_NOW
    own = _by_the_sum(match, folded)
    if _BUDGET_BY_NAME.search(own):
        return False
    if paid.search(own) or _COULD_BE_BUDGET.search(own):
        return bool(paid.search(own))
    return bool(paid.search(_SENTENCE_END.split(folded[: match.start()])[-1]))


def _may_be_a_budget(match: re.Match[str], folded: str) -> bool:
    if "?" in folded or match["period"]:
        return False
    own = _by_the_sum(match, folded)
    around = len(words(own)) - len(words(match.group()))
    return around <= _ALMOST_ALONE or bool(_COULD_BE_BUDGET.search(own))


def _by_the_sum(match: re.Match[str], folded: str) -> str:
    """The part of the sentence that the sum stands in."""
    joins = [join.end() for join in _JOINS.finditer(folded, 0, match.start() + 1)]
    end = _JOINS.search(folded, match.end())
    return folded[joins[-1] if joins else 0 : end.start() if end else len(folded)]


def _value(match: re.Match[str]) -> str:
    groups = match.groupdict()
    first, second = _number(groups, 1), _number(groups, 2)
    if first and second and groups["times2"] and not groups["times1"] and first < second / 10:
        first *= _TIMES[groups["times2"]]
    parts = (f"{part:.2f}".rstrip("0").rstrip(".") for part in (first, second) if part)
    amount = "-".join(parts)
    found = next((groups[n] for n in ("pre1", "post1", "post2", "pre2") if groups[n]), None)
    period = groups["period"] or ""
    each = "/month" if re.search(r"mes|mens|mont", period) else "/year" if period.strip() else ""
    return f"{amount} {_CURRENCIES[found] if found else ''}".strip() + each


def _number(groups: dict[str, str | None], which: int) -> float | None:
    digits, word, times = (groups[f"{name}{which}"] for name in ("num", "word", "times"))
    if not (digits or word or times):
        return None
    base = _parsed(digits) if digits else float(_SPELLED[word] if word else 1)
    return base * (_TIMES[times] if times else 1)


def _parsed(digits: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?", digits):
        whole = re.sub(r"[.,]\d{1,2}$", "", digits)
        return float(re.sub(r"\D", "", whole))
    return float(digits.replace(",", "."))
