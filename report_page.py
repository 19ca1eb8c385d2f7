"""The report as a page: tables and SVG bars. No script, nothing loaded, every text escaped."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from domain.report import Price, Report
from report_text import Rows, tables

STYLE = """
:root{color-scheme:light dark;font:16px/1.45 system-ui,sans-serif}
body{max-width:46rem;margin:0 auto;padding:1rem}h1{font-size:1.4rem}h2{font-size:1.05rem}
table{width:100%;border-collapse:collapse}td{padding:.35rem 0;border-top:1px solid #8884}
td+td{text-align:right;padding-left:1rem}svg{width:100%;height:auto}
text{fill:currentColor;font-size:13px}rect{fill:#178a5a}nav a{margin-right:1rem;color:inherit}
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

_ROW, _WIDE, _BAR = 26, 480, 300


def page(report: Report, prices: Mapping[str, Price]) -> str:
    """The whole page."""
    funnel = bars([(step.name, step.count) for step in report.funnel])
    reasons = bars([(reason.reason, reason.handoffs) for reason in report.handoffs])
    charts = {1: funnel, 2: reasons}
    parts = "".join(
        f"<h2>{escape(title)}</h2>{charts.get(number, '')}{_table(rows)}"
        for number, (title, rows) in enumerate(tables(report, prices))
    )
    links = "".join(f'<a href="?since={span}">{span}</a>' for span in ("24h", "7d", "30d", "365d"))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Report</title><style>{STYLE}</style><h1>Report</h1>"
        f"<p>{report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M %Z}</p>"
        f"<nav>{links}</nav>{parts}</html>"
    )


def bars(counts: list[tuple[str, int]]) -> str:
    """A bar for each count, as long as its share of the largest; nothing for no counts."""
    if not counts:
        return ""
    most = max(count for _, count in counts) or 1
    drawn = "".join(
        f'<text x="0" y="{line * _ROW + 17}">{escape(name)}</text>'
        f'<rect x="110" y="{line * _ROW + 4}" width="{_BAR * count / most:.1f}" height="18"/>'
        f'<text x="{116 + _BAR * count / most:.1f}" y="{line * _ROW + 17}">{count}</text>'
        for line, (name, count) in enumerate(counts)
    )
    return f'<svg viewBox="0 0 {_WIDE} {len(counts) * _ROW}" role="img">{drawn}</svg>'


def _table(rows: Rows) -> str:
    cells = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in rows)
    return f"<table>{cells}</table>"
