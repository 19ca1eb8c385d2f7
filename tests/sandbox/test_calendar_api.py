from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.calendar_api import CalendarApi

ANA = "ana@acme.example"
EVENTS = f"/calendar/v3/calendars/{ANA}/events"
NINE, HALF_PAST, TEN = (f"2026-11-24T{time}:00Z" for time in ("09:00", "09:30", "10:00"))


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=CalendarApi([ANA]))
    headers = {"Authorization": "Bearer sandbox"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://calendar", headers=headers
    ) as client:
        yield client


def event(event_id: str = "call1", start: str = NINE, end: str = HALF_PAST) -> dict[str, object]:
    return {
        "id": event_id,
        "summary": "<b>Call</b>",
        "start": {"dateTime": start},
        "end": {"dateTime": end},
        "extendedProperties": {"private": {"vendedor": event_id}},
        "conferenceData": {"createRequest": {"requestId": event_id}},
    }


def reason(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


async def busy(api: httpx.AsyncClient, *names: str, end: str = TEN) -> dict[str, object]:
    body = {"timeMin": NINE, "timeMax": end, "items": [{"id": name} for name in names]}
    answer = await api.post("/calendar/v3/freeBusy", json=body)
    assert answer.status_code == 200
    return answer.json()["calendars"]


async def test_a_token_is_demanded(api: httpx.AsyncClient) -> None:
    answer = await api.get(EVENTS, headers={"Authorization": ""})

    assert reason(answer) == (401, "required")


@pytest.mark.parametrize("event_id", ["wa123", "call", "Call1", "call-1", "a" * 1025])
async def test_an_id_outside_google_s_rule_is_refused(
    api: httpx.AsyncClient, event_id: str
) -> None:
    assert reason(await api.post(EVENTS, json=event(event_id))) == (400, "invalid")


async def test_an_id_can_be_used_once_even_after_a_delete(api: httpx.AsyncClient) -> None:
    assert (await api.post(EVENTS, json=event())).status_code == 200
    assert reason(await api.post(EVENTS, json=event())) == (409, "duplicate")

    assert (await api.delete(f"{EVENTS}/call1")).status_code == 204
    assert reason(await api.delete(f"{EVENTS}/call1")) == (410, "deleted")
    assert reason(await api.post(EVENTS, json=event())) == (409, "duplicate")
    assert (await api.get(f"{EVENTS}/call1")).json()["status"] == "cancelled"


async def test_an_event_without_an_id_gets_one(api: httpx.AsyncClient) -> None:
    body = {name: value for name, value in event().items() if name != "id"}
    first = (await api.post(EVENTS, json=body)).json()["id"]

    assert first != (await api.post(EVENTS, json=body)).json()["id"]
    assert (await api.get(f"{EVENTS}/{first}")).status_code == 200


async def test_a_meet_link_needs_the_conference_version(api: httpx.AsyncClient) -> None:
    without = (await api.post(EVENTS, json=event("call1"))).json()
    made = (await api.post(EVENTS, json=event("call2"), params={"conferenceDataVersion": 1})).json()

    assert "hangoutLink" not in without
    assert made["hangoutLink"].startswith("https://meet.google.com/")
    assert made["conferenceData"]["createRequest"]["status"]["statusCode"] == "success"


async def test_a_patch_changes_what_it_names_only(api: httpx.AsyncClient) -> None:
    await api.post(EVENTS, json=event(), params={"conferenceDataVersion": 1})

    moved = await api.patch(f"{EVENTS}/call1", json={"end": {"dateTime": TEN}})

    assert moved.json()["end"] == {"dateTime": TEN}
    assert moved.json()["start"] == {"dateTime": NINE}
    assert "hangoutLink" in moved.json()


async def test_free_busy_tells_the_busy_times_inside_the_range(api: httpx.AsyncClient) -> None:
    await api.post(EVENTS, json=event(start="2026-11-24T08:00:00-01:00", end=TEN))
    await api.post(EVENTS, json={**event("free1"), "transparency": "transparent"})
    await api.post(EVENTS, json=event("gone1"))
    await api.delete(f"{EVENTS}/gone1")

    assert await busy(api, ANA, end=HALF_PAST) == {
        ANA: {"busy": [{"start": NINE, "end": HALF_PAST}]}
    }


async def test_an_unknown_calendar_is_an_error_inside_of_free_busy(api: httpx.AsyncClient) -> None:
    answer = await busy(api, ANA, "nobody")

    assert answer["nobody"] == {
        "errors": [{"domain": "global", "reason": "notFound"}],
        "busy": [],
    }
    assert answer[ANA] == {"busy": []}
    assert reason(await api.get("/calendar/v3/calendars/nobody/events")) == (404, "notFound")


async def test_the_list_is_filtered_by_time_and_private_property(api: httpx.AsyncClient) -> None:
    await api.post(EVENTS, json=event("call2", HALF_PAST, TEN))
    await api.post(EVENTS, json=event("call1"))

    async def ids(**query: str) -> list[str]:
        return [item["id"] for item in (await api.get(EVENTS, params=query)).json()["items"]]

    assert await ids() == ["call1", "call2"]
    assert await ids(timeMin=HALF_PAST) == ["call2"]
    assert await ids(timeMax=HALF_PAST) == ["call1"]
    assert await ids(privateExtendedProperty="vendedor=call2") == ["call2"]
    assert await ids(privateExtendedProperty="vendedor=other") == []


@pytest.mark.parametrize(
    "body",
    [
        event(start=TEN, end=NINE),
        event(start="2026-11-24T09:00:00"),
        event(start="at nine"),
        {"id": "call1"},
        ["no", "object"],
    ],
)
async def test_a_body_that_is_no_event_is_refused(api: httpx.AsyncClient, body: object) -> None:
    assert (await api.post(EVENTS, json=body)).status_code == 400
    assert (await api.get(EVENTS)).json()["items"] == []


async def test_a_fault_can_be_asked_for(api: httpx.AsyncClient) -> None:
    fault = {"kind": "refuse", "status": 403, "times": 2, "method": "GET"}
    assert (await api.post("/sandbox/faults", json=fault)).status_code == 204

    statuses = [(await api.get(EVENTS)).status_code for _ in range(3)]

    assert statuses == [403, 403, 200]
    assert (await api.post("/sandbox/faults", json={"kind": "refuse", "no": 1})).status_code == 400


async def test_the_week_page_shows_the_call(api: httpx.AsyncClient) -> None:
    await api.post(EVENTS, json=event())

    week = await api.get("/", params={"week": "2026-11-26"})
    other = await api.get("/", params={"week": "2026-12-26"})

    assert "Week of 2026-11-23" in week.text
    assert "09:00–09:30<br>&lt;b&gt;Call" in week.text
    assert "09:00–09:30" not in other.text
    assert (await api.get("/", params={"week": "never"})).status_code == 200
