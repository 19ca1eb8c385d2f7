"""What a lead may take of a day, and where the day begins."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.limits import FILES, Limits, Used, day_of, reached, without_excess
from domain.messages import Inbound, InboundKind, Media

NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
LIMITS = Limits(messages=10, tokens=1000, files=2)


def message(kind: InboundKind = "text", text: str = "") -> Inbound:
    media = Media(id="m") if kind in FILES else None
    return Inbound(id="1", wamid="1", kind=kind, text=text, at=NOW, media=media)


@pytest.mark.parametrize(
    ("used", "limit"),
    [
        (Used(messages=9), None),
        (Used(messages=10), "messages"),
        (Used(tokens=999), None),
        (Used(tokens=1000), "tokens"),
        (Used(files=50), None),
    ],
)
def test_words_are_answered_until_the_day_is_used_up(used: Used, limit: str | None) -> None:
    over = reached([message(text="hola")], used, LIMITS)
    assert (over.limit if over else None) == limit


def test_a_file_too_many_is_not_fetched_and_words_beside_it_are_answered() -> None:
    used = Used(files=1)
    photo = message("image")
    assert reached([photo], used, LIMITS) is None
    over = reached([photo, photo], used, LIMITS)
    assert over
    assert over.limit == "files"
    assert reached([photo, photo, message(text="y?")], used, LIMITS) is None
    kept = without_excess([photo, photo, message(text="y?")], used, LIMITS)
    assert [m.media is not None for m in kept] == [True, False, False]
    assert [m.kind for m in kept] == ["image", "image", "text"]


def test_he_is_told_once() -> None:
    over = reached([message(text="hola")], Used(messages=10, told=True), LIMITS)
    assert over
    assert over.told


@given(at=st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)))  # noqa: DTZ001 - hypothesis wants none
@pytest.mark.parametrize("zone", ["America/Bogota", "Europe/Madrid", "America/Sao_Paulo"])
def test_a_day_began_at_midnight_of_the_zone_not_longer_ago_than_a_day(
    at: datetime, zone: str
) -> None:
    start = day_of(at, ZoneInfo(zone))
    local = start.astimezone(ZoneInfo(zone))
    assert start <= at < start + timedelta(hours=25)
    assert local.date() == at.astimezone(ZoneInfo(zone)).date()
