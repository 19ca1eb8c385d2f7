"""Times from one instant up to another: put together, cut, compared."""

from collections.abc import Iterable
from datetime import datetime

Interval = tuple[datetime, datetime]
"""From the first instant up to, not including, the second; both with a zone."""


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same times without overlaps, in order."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def without(wanted: Interval, hole: Interval) -> list[Interval]:
    """What is left of `wanted` outside `hole`: up to two pieces."""
    pieces = ((wanted[0], min(wanted[1], hole[0])), (max(wanted[0], hole[1]), wanted[1]))
    return [(start, end) for start, end in pieces if start < end]


def overlaps(one: Interval, other: Interval) -> bool:
    return one[0] < other[1] and other[0] < one[1]
