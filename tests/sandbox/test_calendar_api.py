import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.calendar_api import CalendarApi
from sandbox.calendar_page import Hold

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


async def listed(api: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await api.get(EVENTS, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_sync_token_tells_what_changed_since_deletions_too(api: httpx.AsyncClient) -> None:
    await api.post(EVENTS, json=event("call1"))
    await api.post(EVENTS, json=event("call2"))
    first = await listed(api)
    assert [item["id"] for item in first["items"]] == ["call1", "call2"]

    await api.delete(f"{EVENTS}/call1")
    await api.patch(f"{EVENTS}/call2", json={"end": {"dateTime": TEN}})
    await api.post(EVENTS, json=event("call3"))
    second = await listed(api, syncToken=first["nextSyncToken"])

    assert {item["id"]: item["status"] for item in second["items"]} == {
        "call1": "cancelled", "call2": "confirmed", "call3": "confirmed",
    }  # fmt: skip
    assert (await listed(api, syncToken=second["nextSyncToken"]))["items"] == []


async def test_an_expired_sync_token_demands_a_full_list(api: httpx.AsyncClient) -> None:
    token = (await listed(api))["nextSyncToken"]

    assert (await api.post("/sandbox/expire")).status_code == 204

    assert reason(await api.get(EVENTS, params={"syncToken": token})) == (410, "fullSyncRequired")
    fresh = (await listed(api))["nextSyncToken"]
    assert (await listed(api, syncToken=fresh))["items"] == []
    mixed = await api.get(EVENTS, params={"syncToken": fresh, "timeMin": NINE})
    assert reason(mixed) == (400, "badRequest")


async def test_a_long_list_comes_in_pages_and_the_last_has_the_token(
    api: httpx.AsyncClient,
) -> None:
    for nth in range(5):
        await api.post(EVENTS, json=event(f"call{nth}"))

    first = await listed(api, maxResults="3")
    assert "nextSyncToken" not in first
    await api.post(EVENTS, json=event("added"))
    second = await listed(api, maxResults="3", pageToken=first["nextPageToken"])

    assert len(first["items"]) == 3
    changed = await listed(api, syncToken=second["nextSyncToken"])
    assert [item["id"] for item in changed["items"]] == ["added"]


async def test_a_recurring_event_is_busy_every_time_but_where_it_was_moved(
    api: httpx.AsyncClient,
) -> None:
    body = event("standup") | {"recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3"]}
    await api.post(EVENTS, json=body)
    query = {"singleEvents": "true", "timeMin": NINE, "timeMax": "2026-12-24T00:00:00Z"}

    def starts(found: dict[str, Any]) -> list[str]:
        return [item["start"]["dateTime"][:13] for item in found["items"]]

    assert starts(await listed(api, **query)) == ["2026-11-24T09", "2026-11-26T09", "2026-12-01T09"]
    instance = f"{EVENTS}/standup_20261126T090000Z"
    times = {
        "start": {"dateTime": "2026-11-27T12:00:00Z"},
        "end": {"dateTime": "2026-11-27T13:00:00Z"},
    }
    assert (await api.patch(instance, json=times)).json()["recurringEventId"] == "standup"
    await api.delete(f"{EVENTS}/standup_20261201T090000Z")

    assert starts(await listed(api, **query)) == ["2026-11-24T09", "2026-11-27T12"]
    assert (await busy(api, ANA, end="2026-12-24T00:00:00Z"))[ANA] == {
        "busy": [
            {"start": NINE, "end": HALF_PAST},
            {"start": "2026-11-27T12:00:00Z", "end": "2026-11-27T13:00:00Z"},
        ]
    }
    unknown = event("strange") | {"recurrence": ["RRULE:FREQ=YEARLY"]}
    assert (await api.post(EVENTS, json=unknown)).status_code == 400


async def test_a_recurring_event_stays_on_the_wall_of_its_zone(api: httpx.AsyncClient) -> None:
    madrid = {"timeZone": "Europe/Madrid"}
    body = event("standup") | {
        "start": {"dateTime": "2027-03-27T09:00:00", **madrid},
        "end": {"dateTime": "2027-03-27T09:30:00", **madrid},
        "recurrence": ["RRULE:FREQ=DAILY;UNTIL=20270328"],
    }
    await api.post(EVENTS, json=body)

    found = await listed(api, singleEvents="true", timeMax="2027-04-24T00:00:00Z")

    assert [item["id"] for item in found["items"]] == [
        "standup_20270327T080000Z", "standup_20270328T070000Z",
    ]  # fmt: skip


async def test_a_put_leaves_out_what_it_does_not_name(api: httpx.AsyncClient) -> None:
    made = await api.post(EVENTS, json=event(), params={"conferenceDataVersion": 1})
    new = {"start": {"dateTime": HALF_PAST}, "end": {"dateTime": TEN}}

    old_etag = {"If-Match": '"0"'}
    assert reason(await api.put(f"{EVENTS}/call1", json=new, headers=old_etag)) == (
        412,
        "conditionNotMet",
    )
    put = (await api.put(f"{EVENTS}/call1", json=new)).json()

    assert "summary" not in put
    assert put["hangoutLink"] == made.json()["hangoutLink"]
    assert put["sequence"] == 1


async def test_without_delegation_nobody_is_invited_and_nothing_meets(
    api: httpx.AsyncClient,
) -> None:
    assert (await api.post("/sandbox/rules", json={"delegated": False})).status_code == 204
    guest = event() | {"attendees": [{"email": "maria@lead.example"}]}

    assert reason(await api.post(EVENTS, json=guest)) == (403, "forbiddenForServiceAccounts")
    meet = await api.post(EVENTS, json=event(), params={"conferenceDataVersion": 1})
    assert reason(meet) == (400, "invalid")
    assert (await api.post(EVENTS, json=event())).status_code == 200
    assert (await api.post("/sandbox/rules", json={"nonsense": True})).status_code == 400


def signed(**claims: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.signature"


@pytest.mark.parametrize("path", ["/token", "/o/oauth2/token"])
async def test_tokens_are_given_for_a_signed_request_a_refresh_token_and_a_code(
    api: httpx.AsyncClient, path: str
) -> None:
    scope = "https://www.googleapis.com/auth/calendar.events"
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    account = {"grant_type": grant, "assertion": signed(iss="agent@acme.example", scope=scope)}
    user = {"grant_type": "refresh_token", "refresh_token": "refresh-1"}
    code = {"grant_type": "authorization_code", "code": "4/abc", "redirect_uri": "http://127.0.0.1"}
    await api.post("/sandbox/rules", json={"strict_tokens": True, "revoked": ["old"]})

    for form in (account, user, code):
        token = (await api.post(path, data=form)).json()["access_token"]
        taken = await api.get(EVENTS, headers={"Authorization": f"Bearer {token}"})
        assert taken.status_code == 200
    assert reason(await api.get(EVENTS)) == (401, "authError")
    for form, said in (
        ({"grant_type": "refresh_token", "refresh_token": "old"}, "invalid_grant"),
        ({"grant_type": grant, "assertion": "nonsense"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ):
        refused = await api.post(path, data=form)
        assert (refused.status_code, refused.json()) == (400, {"error": said})


async def test_a_token_for_something_else_and_a_subject_without_delegation_are_refused(
    api: httpx.AsyncClient,
) -> None:
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    mail = {"grant_type": grant, "assertion": signed(iss="a@b.c", scope="auth/gmail")}
    token = (await api.post("/token", data=mail)).json()["access_token"]
    answer = await api.get(EVENTS, headers={"Authorization": f"Bearer {token}"})
    assert reason(answer) == (403, "insufficientPermissions")

    await api.post("/sandbox/rules", json={"undelegated": [ANA]})
    acting = {"grant_type": grant, "assertion": signed(iss="a@b.c", scope="auth/calendar", sub=ANA)}
    assert (await api.post("/token", data=acting)).json() == {"error": "unauthorized_client"}


async def test_an_event_is_moved_blocked_and_deleted_by_hand(api: httpx.AsyncClient) -> None:
    await api.post(EVENTS, json=event())
    where = {"calendar": ANA, "event": "call1", "week": "2026-11-23"}

    moved = await api.post("/move", params=where, data={"start": "2026-11-25T15:00"})
    assert (moved.status_code, moved.headers["location"]) == (303, "./?week=2026-11-23")
    assert (await api.get(f"{EVENTS}/call1")).json()["end"] == {
        "dateTime": "2026-11-25T15:30:00+00:00"
    }
    await api.post("/block", data={"calendar": ANA, "start": "2026-11-26T10:00"})
    await api.post("/delete", params=where)

    page = (await api.get("/", params={"week": "2026-11-26"})).text
    assert "10:00–10:30<br>Busy" in page
    assert "15:00–15:30" not in page
    assert (await api.post("/move", params=where, data={"start": "soon"})).status_code == 400
    foreign = await api.post("/delete", params=where, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


async def test_the_page_shows_the_zone_s_walls_and_what_is_held() -> None:
    nine = datetime(2026, 11, 24, 14, tzinfo=UTC)

    async def held() -> list[Hold]:
        return [Hold(ANA, nine, nine + timedelta(minutes=30))]

    calendar = CalendarApi([ANA], zone="America/Bogota", holds=held)
    app = Starlette(routes=[Mount("/google", calendar)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://calendar") as page:
        text = (await page.get("/google/", params={"week": "2026-11-24"})).text
        files = [await page.get(f"/google/calendar.{kind}") for kind in ("css", "js")]
        fault = {"kind": "refuse", "status": 503}
        await page.post("/google/sandbox/faults", json=fault)
        api = f"/google{EVENTS}"
        refused = await page.get(api, headers={"Authorization": "Bearer sandbox"})

    assert "09:00–09:30<br>held" in text
    assert "times in America/Bogota" in text
    assert [file.status_code for file in files] == [200, 200]
    assert refused.status_code == 503
