"""The words for stretches of time in es, en and pt, as parts of regular expressions."""

NUMBERS = {
    **dict.fromkeys(("un", "una", "uno", "um", "uma", "a", "an", "one"), 1),
    **dict.fromkeys(("dos", "dois", "duas", "two", "couple of", "par de"), 2),
    **dict.fromkeys(("tres", "três", "three"), 3),
    **dict.fromkeys(("cuatro", "quatro", "four"), 4),
    **dict.fromkeys(("cinco", "five"), 5),
    **dict.fromkeys(("seis", "six"), 6),
    **dict.fromkeys(("siete", "sete", "seven"), 7),
    **dict.fromkeys(("ocho", "oito", "eight"), 8),
    **dict.fromkeys(("nueve", "nove", "nine"), 9),
    **dict.fromkeys(("diez", "dez", "ten"), 10),
    **dict.fromkeys(("doce", "doze", "twelve"), 12),
}  # fmt: skip
MONTHS = (
    "enero|janeiro|january|jan", "febrero|fevereiro|february|feb", "marzo|março|marco|march|mar",
    "abril|april|abr", "mayo|maio|may", "junio|junho|june|jun", "julio|julho|july|jul",
    "agosto|august|ago|aug", "septiembre|setiembre|setembro|september|sept?|set",
    "octubre|outubro|october|oct|out", "noviembre|novembro|november|nov",
    "diciembre|dezembro|december|dic|dez|dec",
)  # fmt: skip
UNITS = {
    r"d[ií]as?|days?|dias?": 1, r"semanas?|weeks?": 7, r"quincenas?|quinzenas?|fortnights?": 15,
    r"mes(?:es)?|m[eê]s|months?": 30, r"trimestres?|quarters?": 91, r"a[nñ]os?|anos?|years?": 365,
}  # fmt: skip
UNIT = "|".join(UNITS)
NOT_AGO = r"(?<!\bhace )(?<!\bhacen )(?<!\bhá )(?<!\bha )(?<!\bfaz )(?<!\blast )"
COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(NUMBERS)})"
PERIOD = r"(?P<period>semana|week|m[eê]s|month|trimestre|quarter|a[nñ]o|ano|year)"
ANY_MONTH = "|".join(MONTHS)
MONTH = rf"(?P<month>{ANY_MONTH})(?:\s(?:de|of|del)?\s?(?P<year>20\d\d))?"
FIRST_TO_FOURTH = (
    ("primer", "primeiro", "first", "1er", "1º"),
    ("segundo", "second", "2do", "2º"),
    ("tercer", "terceiro", "third", "3er", "3º"),
    ("cuarto", "quarto", "último", "fourth", "4to", "4º"),
)
ABOUT_A_MONTH = (
    r"(?:en|in|em|para|antes de|before|by|hasta|de|desde|a partir de|after|depois de|"
    r"despu[eé]s de|until|at[eé]|for|from|than|tardar|m[aá]ximo|of)\s"
)
NOT_AT_ONCE = r"(?<!\bno )(?<!\bnot )(?<!\bno es )(?<!\bnada )(?<!\bnão )(?<!\bnão é )(?<!n't )"
AT_ONCE = (
    r"ya mismo|ya|ahora|hoy|inmediat\w*|cuanto antes|lo antes posible|urgente\w*|"
    r"lo m[aá]s (?:pronto|r[aá]pido) posible|"
    r"asap|now|today|right away|immediately|as soon as possible|urgent\w*|"
    r"j[aá]|agora|hoje|imediat\w*|o quanto antes|o mais r[aá]pido poss[ií]vel"
)
SHORT = {"w": "week", "m": "month", "q": "quarter", "y": "year"}
EARLY = (
    r"early|(?:beginning|start|first (?:week|days|half)) of|(?:principio|comienzo|inicio)s? de|"
    r"primer(?:a semana|a quincena|os d[ií]as) de|(?:in[ií]cio|come[çc]o|primeira semana) de"
)
MID = r"mid|middle of|mediados? de|meados? de"
LATE = r"late|(?:end|last week) of|fin(?:al|ales|es)? de|(?:fim|finais) de"
NEXT_YEAR = r"(?:next|the new) year|(?:el )?pr[oó]ximo a[nñ]o|a[nñ]o que v(?:iene|em)"
END_OF = r"fin(?:al(?:es)?)? de(?:l| este)?|end of (?:the |this )?|fim d[oe](?:ste)?"

ORDINALS = "|".join(word for words in FIRST_TO_FOURTH for word in words)
