"""A model's Markdown as WhatsApp's formatting, and long texts as at most two bubbles.

WhatsApp knows *bold* _italic_ ~strike~ `code` ```block```, > quotes and lists, but no titled links,
no headings, no tables. What is already written so passes unchanged; no text becomes longer.
"""

import re

LIMIT = 4096
"""Characters of a text message."""

_FENCE = re.compile(r"(```.*?```)", re.DOTALL)
_RULE = re.compile(r"(?=.*-)(?=.*(?:---|\|))[ \t|:-]+")
_TABLE_ROW = re.compile(r"[ \t]*\|(.*)\|[ \t]*")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+(.*?)[ \t#]*")
_URL = r"((?:[^\s()<>]|\([^\s()<>]*\))+)"
_LINK = re.compile(rf'!?\[([^\[\]\n]*)\]\([ \t]*<?{_URL}>?(?:[ \t]+"[^"\n]*")?[ \t]*\)')
_HTML_LINK = re.compile(
    r"<a\s(?:[^<>]*\s)?href=[\"']([^\"'<>]+)[\"'][^<>]*>([^<>]*)</a>", re.IGNORECASE
)
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>")
_BREAK = re.compile(r"<(?:br|hr)\s*/?>|</(?:p|div|li|h[1-6]|tr)>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:p|div|span|[uo]l|li|u|h[1-6]|table|tbody|thead|tr|td|th)(?:\s[^<>]*)?>", re.IGNORECASE
)
_INLINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"</?(?:b|strong)>", re.IGNORECASE), "*"),
    (re.compile(r"</?(?:i|em)>", re.IGNORECASE), "_"),
    (re.compile(r"\*\*\*([^\s*][^*\n]*)\*\*\*"), r"*_\1_*"),
    # the blank of "**Price: **30" goes behind the star, or WhatsApp shows the stars
    (re.compile(r"\*\*([^\s*](?:[^*\n]|\*(?!\*))*?)([ \t]*)\*\*"), r"*\1*\2"),
    (re.compile(r"(?<!\w)__([^\s_](?:[^_\n]*[^\s_])?)__(?!\w)"), r"*\1*"),
    (re.compile(r"~~([^\s~](?:[^~\n]*[^\s~])?)~~"), r"~\1~"),
)
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_SENTENCE_END = re.compile(r"[.!?…][\"')\]»”*_]*(?=\s)|\n")
_WORD_END = re.compile(r"(?=\s)")


def to_whatsapp(markdown: str) -> str:
    """The same words in WhatsApp's formatting; code blocks stay as they are."""
    parts = _FENCE.split(markdown)
    prose = (part if index % 2 else _prose(part) for index, part in enumerate(parts))
    return "".join(prose).strip() or markdown


def bubbles(markdown: str, limit: int = LIMIT) -> tuple[str, ...]:
    """One text in WhatsApp's formatting, or two when it is longer than `limit` characters.

    The cut is at a paragraph's end, else a sentence's, else a word's. What does not fit into two
    ends in an ellipsis.
    """
    text = to_whatsapp(markdown)
    if len(text) <= limit:
        return (text,)
    cut = _cut(text, limit)
    rest = text[cut:].strip()
    if len(rest) > limit:
        rest = rest[: limit - 1].rstrip() + "…"
    return tuple(part for part in (text[:cut].rstrip(), rest) if part)


def _cut(text: str, limit: int) -> int:
    # early enough for the first bubble, late enough for the rest to fit into the second
    earliest = len(text) - limit if len(text) <= 2 * limit else limit // 2
    for end in (_PARAGRAPH_END, _SENTENCE_END, _WORD_END):
        cuts = [match.end() for match in end.finditer(text, 1, limit + 1)]
        if fitting := [cut for cut in cuts if earliest <= cut <= limit]:
            return fitting[-1]
    return limit


def _prose(text: str) -> str:
    text = _HTML_LINK.sub(r"[\2](\1)", text)
    text = _TAG.sub("", _BREAK.sub("\n", text))
    lines = (_line(line) for line in text.split("\n") if not _RULE.fullmatch(line))
    return "\n".join(lines)


def _line(line: str) -> str:
    if heading := _HEADING.fullmatch(line):
        title = _inline(heading[1]).replace("*", "").strip()
        return f"*{title}*" if title else ""
    if row := _TABLE_ROW.fullmatch(line):
        return _inline(row[1].strip())
    return _inline(line)


def _inline(line: str) -> str:
    line = _AUTOLINK.sub(r"\1", _LINK.sub(_spelled_out, line))
    for pattern, replacement in _INLINE:
        line = pattern.sub(replacement, line)
    return line


def _spelled_out(link: re.Match[str]) -> str:
    title, url = link[1].strip(), link[2]
    return url if title in ("", url) else f"{title}: {url}"
