import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from domain.errors import SettingsError
from sandbox.calendar_api import CalendarApi
from tests.tools.calendar_server import serving
from tools import calendar_login
from tools.google_credentials import google_keys
from tools.google_login import REDIRECT, OAuthClient, code_of, consent_address

ANA = "ana@acme.example"


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serving(CalendarApi([ANA])) as url:
        yield url


def client(token_uri: str = "https://oauth2.googleapis.com/token") -> str:  # noqa: S107 - an address
    installed = {"client_id": "vendedor", "client_secret": "very-secret", "token_uri": token_uri}
    return json.dumps({"installed": installed})


def test_the_rep_is_asked_for_the_least_and_for_a_token_that_lasts() -> None:
    address = consent_address(OAuthClient.read(client()), ANA, state="s", verifier="v" * 43)

    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith("https://accounts.google.com/")
    assert query["scope"].split() == [
        "https://www.googleapis.com/auth/calendar.events",
        "https://www.googleapis.com/auth/calendar.freebusy",
    ]
    assert (query["access_type"], query["prompt"], query["login_hint"]) == (
        "offline", "consent", ANA,
    )  # fmt: skip
    assert query["code_challenge_method"] == "S256"
    assert "very-secret" not in address


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        (f"{REDIRECT}?code=4/abc&state=other", "does not come from this login"),
        (f"{REDIRECT}?error=access_denied&state=s", "access_denied"),
        (f"{REDIRECT}?state=s", "holds no code"),
        ("4/abc", "does not come from this login"),
    ],
)
def test_an_address_that_is_not_the_right_one_is_refused(pasted: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        code_of(pasted, state="s")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"web": {}}', '{"installed": {}}'])
def test_a_file_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="type Desktop app"):
        OAuthClient.read(text)


async def test_what_the_login_keeps_opens_the_calendar_and_is_the_rep_s_alone(
    url: str, tmp_path: Path
) -> None:
    file = tmp_path / "client.json"
    file.write_text(client(f"{url}/token"), "utf-8")

    def allowing(text: str) -> str:
        line = next(line for line in text.splitlines() if line.startswith("https://accounts"))
        state = parse_qs(urlsplit(line).query)["state"][0]
        return f" {REDIRECT}?state={state}&code=4/abc&scope=x "

    kept = await asyncio.to_thread(
        calendar_login.login, file, ANA, tmp_path / "calendars", allowing
    )

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    credentials = google_keys(str(kept.parent))(ANA)
    assert credentials.refresh_token == "refresh-1"  # type: ignore[attr-defined]  # a user's
