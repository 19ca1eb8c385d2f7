import asyncio
import contextvars
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from domain.bookings import CalendarEvent, Written, event_id
from domain.calendar_watch import Change
from domain.errors import CalendarUnavailable, SettingsError
from sandbox.calendar_api import CalendarApi
from sandbox.calendar_events import ApiError
from sandbox.calendar_faults import Fault
from tests.tools.calendar_server import serving
from tools.google_calendar import GoogleCalendar
from tools.google_credentials import google_keys
from tools.google_transport import GoogleTransport

ANA, LUIS = "ana@acme.example", "luis@acme.example"
NINE = datetime(2026, 11, 24, 14, tzinfo=UTC)
HALF = timedelta(minutes=30)
CALL = CalendarEvent(
    id=event_id("7d1f1d0e-0000-4000-8000-000000000001"),
    start=NINE,
    end=NINE + HALF,
    title="Call: María",
)


@dataclass
class World:
    api: CalendarApi
    url: str
    google: GoogleCalendar

    def refuse(self, status: int, reason: str, message: str = "", **more: object) -> None:
        body = ApiError(status, reason, message or reason).body
        self.api.faults.waiting.append(Fault("refuse", status=status, body=body, **more))  # type: ignore[arg-type]  # a test's shorthand

    def events(self, calendar: str = ANA) -> list[tuple[datetime, datetime]]:
        return [
            (
                datetime.fromisoformat(event["start"]["dateTime"]),
                datetime.fromisoformat(event["end"]["dateTime"]),
            )
            for event in self.api.calendars.listed(calendar)
        ]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    api = CalendarApi([ANA, LUIS])
    async with serving(api) as url:
        google = GoogleCalendar(google_keys("", stand_in=True), api_url=url, timeout=1, retries=0)
        yield World(api, url, google)
        await google.aclose()


async def test_a_written_event_has_a_meet_link_and_makes_its_time_busy(world: World) -> None:
    link = await world.google.insert(ANA, CALL)

    assert link is not None
    assert link.startswith("https://meet.google.com/")
    busy = await world.google.busy([ANA, LUIS], NINE - HALF, NINE + 4 * HALF)
    assert busy == {ANA: [(NINE, NINE + HALF)], LUIS: []}
    found = Written(start=NINE, end=NINE + HALF, link=link)
    assert await world.google.find(ANA, CALL.id) == found


async def test_writing_twice_makes_one_event(world: World) -> None:
    first = await world.google.insert(ANA, CALL)
    again = await world.google.insert(ANA, CALL)

    assert first == again
    assert world.events() == [(NINE, NINE + HALF)]


async def test_a_moved_event_keeps_its_link(world: World) -> None:
    link = await world.google.insert(ANA, CALL)
    later = CALL.model_copy(update={"start": NINE + HALF, "end": NINE + 2 * HALF})

    assert await world.google.move(ANA, later) == link
    assert world.events() == [(NINE + HALF, NINE + 2 * HALF)]


async def test_moving_an_event_that_is_not_there_writes_it(world: World) -> None:
    assert await world.google.move(ANA, CALL) is not None
    assert world.events() == [(NINE, NINE + HALF)]


async def test_a_deleted_event_can_be_deleted_again_and_written_again(world: World) -> None:
    await world.google.insert(ANA, CALL)

    await world.google.delete(ANA, CALL.id)
    await world.google.delete(ANA, CALL.id)

    assert await world.google.find(ANA, CALL.id) is None
    await world.google.insert(ANA, CALL)
    assert world.events() == [(NINE, NINE + HALF)]


async def test_a_guest_is_invited(world: World) -> None:
    await world.google.insert(ANA, CALL.model_copy(update={"guest": "maria@lead.example"}))

    event = world.api.calendars.get(ANA, CALL.id)
    assert event["attendees"] == [{"email": "maria@lead.example"}]


@pytest.mark.parametrize(
    ("status", "reason", "message", "left"),
    [
        (400, "invalid", "Invalid conference type value.", {"attendees"}),
        (403, "forbiddenForServiceAccounts", "Service accounts cannot invite.", {"conferenceData"}),
    ],
)
async def test_what_the_credentials_may_not_add_is_left_out(
    world: World, status: int, reason: str, message: str, left: set[str]
) -> None:
    world.refuse(status, reason, message, method="POST", path="/events")

    await world.google.insert(ANA, CALL.model_copy(update={"guest": "maria@lead.example"}))

    event = world.api.calendars.get(ANA, CALL.id)
    assert {"attendees", "conferenceData"} & event.keys() == left


async def test_an_unreadable_calendar_is_never_free(world: World) -> None:
    with pytest.raises(CalendarUnavailable, match=r"nobody@acme\.example cannot be read: notFound"):
        await world.google.busy([ANA, "nobody@acme.example"], NINE, NINE + HALF)


@pytest.mark.parametrize(
    "answer",
    [{}, {"calendars": {}}, {"calendars": {ANA: {"busy": [{"start": "soon", "end": "late"}]}}}],
)
async def test_an_answer_that_makes_no_sense_is_never_free(
    world: World, answer: dict[str, object]
) -> None:
    world.api.faults.waiting.append(Fault("refuse", status=200, body=answer))

    with pytest.raises(CalendarUnavailable):
        await world.google.busy([ANA], NINE, NINE + HALF)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_passing_failure_is_tried_once_more(world: World, status: int) -> None:
    world.refuse(status, "backendError", path="/events")
    patient = GoogleCalendar(google_keys("", stand_in=True), api_url=world.url)

    await patient.insert(ANA, CALL)
    await patient.aclose()

    assert world.events() == [(NINE, NINE + HALF)]


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (403, "quotaExceeded", "quota used up"),
        (403, "rateLimitExceeded", "too many requests"),
        (429, "rateLimitExceeded", "too many requests"),
        (403, "forbidden", "no permission"),
        (404, "notFound", "not shared"),
        (500, "backendError", "Google Calendar failed"),
    ],
)
async def test_quota_and_permission_are_told_apart(
    world: World, status: int, reason: str, said: str
) -> None:
    world.refuse(status, reason)

    with pytest.raises(CalendarUnavailable, match=said) as raised:
        await world.google.busy([ANA], NINE, NINE + HALF)

    assert "sandbox" not in str(raised.value)


async def test_a_lost_answer_is_an_error_and_writing_again_makes_one_event(world: World) -> None:
    world.api.faults.waiting.append(Fault("lose", path="/events"))

    with pytest.raises(CalendarUnavailable, match="no connection"):
        await world.google.insert(ANA, CALL)
    await world.google.insert(ANA, CALL)

    assert world.events() == [(NINE, NINE + HALF)]


async def test_a_call_ends_at_its_deadline(world: World) -> None:
    hasty = GoogleCalendar(
        google_keys("", stand_in=True), api_url=world.url, timeout=1, deadline=0.05
    )
    world.api.faults.waiting.append(Fault("delay", seconds=0.3))

    with pytest.raises(CalendarUnavailable, match="no answer in time"):
        await hasty.busy([ANA], NINE, NINE + HALF)
    await hasty.aclose()


async def test_a_closed_port_is_an_error_of_ours() -> None:
    google = GoogleCalendar(
        google_keys("", stand_in=True), api_url="http://127.0.0.1:1/", retries=0
    )

    with pytest.raises(CalendarUnavailable, match="ConnectionRefusedError"):
        await google.busy([ANA], NINE, NINE + HALF)
    await google.aclose()


async def test_many_calls_at_once_share_no_connection(world: World) -> None:
    async with asyncio.TaskGroup() as tasks:
        reads = [
            tasks.create_task(world.google.busy([ANA, LUIS], NINE, NINE + HALF)) for _ in range(64)
        ]

    assert all(read.result() == {ANA: [], LUIS: []} for read in reads)


async def test_log_context_reaches_the_thread() -> None:
    turn: contextvars.ContextVar[str] = contextvars.ContextVar("turn")
    turn.set("t1")
    transport = GoogleTransport(
        google_keys("", stand_in=True), timeout=1, deadline=1, threads=1, retries=0
    )

    assert await transport.run(ANA, lambda _: turn.get()) == "t1"
    await transport.aclose()


def service_account(token_uri: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return json.dumps(
        {
            "type": "service_account",
            "client_email": "vendedor@acme.example",
            "private_key": pem.decode(),
            "private_key_id": "1",
            "token_uri": token_uri,
            "subject": ANA,
        }
    )


def authorised_user(token_uri: str) -> str:
    return json.dumps(
        {
            "type": "authorized_user",
            "client_id": "vendedor",
            "client_secret": "very-secret",
            "refresh_token": "very-secret-too",
            "token_uri": token_uri,
        }
    )


@pytest.mark.parametrize("kind", [service_account, authorised_user])
async def test_real_credentials_fetch_one_token_for_all_threads(
    world: World, kind: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(kind(f"{world.url}/token"), "utf-8")
    credentials = google_keys(str(file))
    google = GoogleCalendar(credentials, api_url=world.url)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(16):
            tasks.create_task(google.busy([ANA], NINE, NINE + HALF))
    await google.aclose()

    assert world.api.tokens.count == 1


async def test_a_refused_token_says_so_without_the_secret(world: World) -> None:
    user = google_keys(authorised_user(f"{world.url}/nothing-here"))
    google = GoogleCalendar(user, api_url=world.url)

    with pytest.raises(CalendarUnavailable, match="credentials are not accepted") as raised:
        await google.busy([ANA], NINE, NINE + HALF)
    await google.aclose()

    assert "very-secret" not in repr(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "is missing"),
        ("/nowhere/credentials.json", "cannot read credentials.json: No such file"),
        ("{broken", "is not JSON"),
        ('{"type": "external_account"}', "type must be service_account or authorized_user"),
        ('{"type": "service_account", "private_key": "secret"}', "is not usable"),
        ('{"type": "authorized_user"}', "is not usable"),
    ],
)
def test_unusable_credentials_stop_the_start_in_one_line(source: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        google_keys(source)

    assert len(raised.value.problems) == 1
    assert "\n" not in raised.value.problems[0]
    assert "secret" not in raised.value.problems[0]


async def test_the_check_tells_what_the_credentials_may_do(world: World) -> None:
    check = await world.google.check(ANA)

    assert (check.reads, check.writes, check.invites, check.meets) == (True, True, True, True)
    assert (check.problem, check.missing) == ("", "")
    assert world.events() == []


async def test_the_check_tells_what_is_missing(world: World) -> None:
    world.refuse(403, "forbiddenForServiceAccounts", method="POST", path="/events")
    without_guests = await world.google.check(ANA)
    world.refuse(403, "forbidden", method="POST", path="/events")
    read_only = await world.google.check(ANA)
    unknown = await world.google.check("nobody@acme.example")

    assert (without_guests.writes, without_guests.invites, without_guests.meets) == (
        True,
        False,
        True,
    )
    assert (read_only.reads, read_only.writes) == (True, False)
    assert "no permission" in read_only.problem
    assert "without invitations" in without_guests.missing
    assert "can be read, but not written" in read_only.missing
    assert not unknown.reads
    assert "notFound" in unknown.problem


async def test_a_service_account_acts_for_the_owner_of_each_calendar(
    world: World,
) -> None:
    account = json.loads(service_account(f"{world.url}/token")) | {"subject": "*"}
    google = GoogleCalendar(google_keys(json.dumps(account)), api_url=world.url)
    world.api.tokens.undelegated.add(LUIS)

    assert await google.busy([ANA], NINE, NINE + HALF) == {ANA: []}
    with pytest.raises(CalendarUnavailable, match="unauthorized_client"):
        await google.busy([ANA, LUIS], NINE, NINE + HALF)
    await google.aclose()


async def test_each_rep_s_own_token_opens_his_calendar(world: World, tmp_path: Path) -> None:
    for rep in (ANA, LUIS):
        file = tmp_path / f"{rep}.json"
        file.write_text(authorised_user(f"{world.url}/token"), "utf-8")
    google = GoogleCalendar(google_keys(str(tmp_path)), api_url=world.url)

    assert await google.busy([ANA, LUIS], NINE, NINE + HALF) == {ANA: [], LUIS: []}
    assert world.api.tokens.count == 2
    with pytest.raises(CalendarUnavailable, match=r"cannot read eva@acme\.example\.json"):
        await google.find("eva@acme.example", CALL.id)
    await google.aclose()


async def test_changes_are_told_since_a_token_and_a_forgotten_one_gives_everything(
    world: World,
) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    call = CALL.model_copy(update={"start": soon, "end": soon + HALF})
    start = await world.google.changes(ANA, None)
    assert (start.ours, start.others, start.whole) == ((), False, True)

    await world.google.insert(ANA, call)
    own = {"start": {"dateTime": soon.isoformat()}, "end": {"dateTime": (soon + HALF).isoformat()}}
    world.api.calendars.insert(ANA, own, conferences=False)
    found = await world.google.changes(ANA, start.token)
    assert [(one.event_id, one.written is None) for one in found.ours] == [(CALL.id, False)]
    assert (found.others, found.whole) == (True, False)

    await world.google.delete(ANA, CALL.id)
    gone = await world.google.changes(ANA, found.token)
    assert gone.ours == (Change(event_id=CALL.id, written=None),)
    world.api.calendars.expire_tokens()
    assert (await world.google.changes(ANA, gone.token)).whole


async def test_entries_are_the_busy_times_of_others(world: World) -> None:
    await world.google.insert(ANA, CALL)
    times = {
        "start": {"dateTime": NINE.isoformat()},
        "end": {"dateTime": (NINE + HALF).isoformat()},
    }
    declined = {"attendees": [{"self": True, "responseStatus": "declined"}]}
    day = {"start": {"date": "2026-11-24"}, "end": {"date": "2026-11-25"}}
    for name, body in (
        ("meal1", times), ("free1", times | {"transparency": "transparent"}),
        ("gone1", times | declined), ("dates", day),
    ):  # fmt: skip
        world.api.calendars.insert(ANA, {"id": name, **body}, conferences=False)

    found = await world.google.entries(ANA, NINE, NINE + HALF)

    assert [one.event_id for one in found] == ["dates", "meal1"]
    midnight = NINE.replace(hour=0)
    assert (found[0].start, found[0].end) == (midnight, midnight + timedelta(days=1))
