"""The environment, read and checked: a line for each problem, and no secret in any."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from domain.errors import SettingsError
from settings import Role, Settings

ROLES: tuple[Role, ...] = ("dev", "serve", "worker", "migrate", "doctor")


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` and no variable of the machine that runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)


def problems(role: Role) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.load(role)
    return caught.value.problems


@pytest.mark.parametrize("role", ["dev", "doctor"])
def test_nothing_needs_to_be_set_to_try_it(role: Role) -> None:
    assert Settings.load(role).port == 8000


@pytest.mark.parametrize(
    ("role", "absent"),
    [("migrate", {"DATABASE_URL"}), ("serve", {"REDIS_URL", "WHATSAPP_APP_SECRET"})],
)
def test_each_setting_that_a_role_lacks_has_a_line(role: Role, absent: set[str]) -> None:
    lines = problems(role)
    assert absent <= {line.split()[0] for line in lines}
    assert all(f"`vendedor {role}` needs it" in line for line in lines)


def test_several_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "PORT": "abc",
        "REDIS_URL": "localhost",
        "DATABASE_URL": "mysql://x",
        "CONFIDENCE_THRESHOLD": "7",
        "LOG_LEVEL": "chatty",
        "WHATSAPP_PHONE_NUMBER_ID": "+57",
        "OPENAI_BASE_URL": "api.openai.com",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    lines = problems("dev")
    assert {line.split(":")[0] for line in lines} == set(wrong)
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(
    "address",
    [
        "https://host:abc", "https://host:99999", "https://host:0", "https://a..b", "https://[::1",
        "https://1.2.3.999", "https://☃.net", "https:///path", "ftp://host", "x",
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_has_a_line(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (
        "OPENAI_BASE_URL", "WHATSAPP_API_URL", "GOOGLE_CALENDAR_API_URL", "HUBSPOT_API_URL",
        "PUBLIC_URL",
    )  # fmt: skip
    for name in names:
        monkeypatch.setenv(name, address)
    lines = problems("dev")
    assert {line.partition(": must look like https://")[0] for line in lines} == set(names)


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ("abc", "MODEL_PRICES: must be JSON"),
        ('{"m": 1}', "MODEL_PRICES m: "),
        ('{"m": {"input": 1, "cached": 0}}', "MODEL_PRICES m output: "),
    ],
)
def test_a_wrong_price_says_where(prices: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_PRICES", prices)
    (line,) = problems("dev")
    assert line.startswith(said)


def test_a_wrong_value_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "DATABASE_URL", "OPENAI_BASE_URL", "VENDEDOR_SECRET_KEY"):
        monkeypatch.setenv(name, "geheim")
    assert "geheim" not in "\n".join(problems("dev"))


def test_no_secret_is_in_the_settings_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [name for name, field in Settings.model_fields.items() if _secret(field.annotation)]
    assert len(secrets) >= 6
    for name in secrets:
        monkeypatch.setenv(name.upper(), "a secret that nobody sees")
    settings = Settings.load("dev")
    assert "nobody sees" not in f"{settings!r} {settings}"


@pytest.mark.parametrize("role", ROLES)
def test_an_empty_value_counts_as_not_set(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "DATABASE_URL", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "")
    if role in ("dev", "doctor"):
        assert Settings.load(role).redis_url is None
    else:
        assert any("is not set" in line for line in problems(role))


def test_the_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=9000\nHOST=127.0.0.2\nUNKNOWN=x\n")
    monkeypatch.setenv("PORT", "9001")
    settings = Settings.load("dev")
    assert (settings.host, settings.port) == ("127.0.0.2", 9001)


def test_the_key_of_all_ids_follows_from_the_secret_and_must_be_there() -> None:
    one = Settings(vendedor_secret_key=SecretStr("0123456789abcdef"))
    other = Settings(vendedor_secret_key=SecretStr("0123456789abcdeg"))
    assert one.pseudonym_key == one.pseudonym_key
    assert one.pseudonym_key != other.pseudonym_key
    with pytest.raises(SettingsError):
        _ = Settings().pseudonym_key


@given(
    name=st.sampled_from(
        ["PORT", "CONFIDENCE_THRESHOLD", "REDIS_URL", "LOG_LEVEL", "PUBLIC_URL", "MODEL_PRICES"]
    ),
    value=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
)
def test_no_value_gives_anything_but_settings_or_a_line(name: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, value)
        lines: tuple[str, ...] = ()
        try:
            Settings.load("dev")
        except SettingsError as error:
            lines = error.problems
    assert all(line.startswith(f"{name}: ") for line in lines)


def _secret(annotation: object) -> bool:
    return "SecretStr" in str(annotation)
