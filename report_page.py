"""The report as a page: tables with bars. No script, nothing loaded, every text escaped.

A bar says nothing that does not stand beside it as text, so it is hidden from screen readers.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from domain.report import Price, Report
from report_text import PRICES_NOTE, Row, Table, period, tables

STYLE = """
:root{color-scheme:light dark;font:16px/1.45 system-ui,sans-serif;
--line:#8884;--soft:#595f69;--bar:#178a5a}
@media(prefers-color-scheme:dark){:root{--soft:#a5adb8;--bar:#3fae7d}}
body{max-width:46rem;margin:0 auto;padding:1rem 1rem 3rem}
h1{font-size:1.5rem;margin:.5rem 0 0}h2{font-size:1.1rem;margin:2rem 0 .3rem}
p,nav{color:var(--soft);margin:.3rem 0}nav a{margin-right:1.2rem;color:inherit}
nav a[aria-current]{color:CanvasText;font-weight:600;text-decoration:none}
dl{margin:0}div{display:grid;grid-template-columns:1fr auto;gap:0 1rem;padding:.45rem 0;
border-top:1px solid var(--line)}
dt,dd{margin:0}dd{text-align:right;font-variant-numeric:tabular-nums;font-weight:600}
dd.note{grid-column:1/-1;text-align:left;font-weight:400;font-size:.875rem;color:var(--soft)}
svg{grid-column:1/-1;width:100%;height:.6rem;margin:.25rem 0;border-radius:.15rem;
background:var(--line)}
rect{fill:var(--bar)}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
_SPANS = {"24h": "24 hours", "7d": "7 days", "30d": "30 days", "365d": "a year"}


def page(report: Report, prices: Mapping[str, Price], since: str) -> str:
    """The whole page; `since` is how the period was asked for."""
    links = "".join(
        f'<a href="?since={span}"{" aria-current=page" if span == since else ""}>{name}</a>'
        for span, name in _SPANS.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Report</title><style>{STYLE}</style><main><h1>Report</h1>"
        f'<p>{escape(period(report))}</p><nav aria-label="Period">{links}</nav>'
        f"{''.join(map(_section, tables(report, prices)))}"
        f"<p>{escape(PRICES_NOTE)}</p></main></html>"
    )


def _section(table: Table) -> str:
    return f"<h2>{escape(table.title)}</h2><dl>{''.join(map(_row, table.rows))}</dl>"


def _row(row: Row) -> str:
    note = f'<dd class="note">{escape(row.note)}</dd>' if row.note else ""
    return (
        f"<div><dt>{escape(row.name)}</dt><dd>{escape(row.value)}</dd>{_bar(row.part)}{note}</div>"
    )


def _bar(part: float | None) -> str:
    if part is None:
        return ""
    width = f'<rect width="{100 * part:.1f}%" height="100%"/>'
    return f'<svg aria-hidden="true">{width}</svg>'
