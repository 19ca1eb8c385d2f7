"""The settings: environment variables (and a `.env` file), read once, checked, frozen.

`.env.example` documents each. Secrets never show in a repr, a log or an error.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

import orjson
from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import SettingsError
from domain.lead import BANT, FactField
from domain.report import PRICES, Price
from tools.web_address import leads_to_a_host

Role = Literal[
    "dev", "serve", "worker", "migrate", "doctor", "handoffs", "inspect", "takeover", "release",
    "no-show", "replay", "erase", "export", "label", "replay-threshold", "sync", "report",
]  # fmt: skip

GRAPH_URL = "https://graph.facebook.com"
HUBSPOT_URL = "https://api.hubapi.com"

_SHORTEST_KEY = 16

_SHAPES = {
    "redis_url": "must look like redis://host:6379/0",
    "database_url": "must look like postgresql://user:password@host:5432/name",
    "openai_base_url": "must look like https://host/v1",
    "public_url": "must look like https://sales.example.com",
    "whatsapp_api_url": "must look like https://host",
    "hubspot_api_url": "must look like https://host",
    "google_calendar_api_url": "must look like https://host",
    "whatsapp_phone_number_id": "must be digits, as Meta's dashboard shows it",
}
"""What to say instead of how a check failed."""

_NEEDED: dict[Role, tuple[str, ...]] = {
    "dev": (),
    "doctor": (),
    "migrate": ("database_url",),
    "handoffs": ("database_url",),
    "inspect": ("database_url",),
    "takeover": ("database_url",),
    "release": ("database_url",),
    "label": ("database_url",),
    "replay-threshold": ("database_url",),
    "sync": ("database_url",),
    "report": ("database_url",),
    "no-show": ("database_url",),
    "replay": ("redis_url", "database_url", "vendedor_secret_key"),
    "erase": ("redis_url", "database_url", "vendedor_secret_key"),
    "export": ("database_url",),
    "serve": (
        "redis_url", "database_url", "vendedor_secret_key", "whatsapp_app_secret",
        "whatsapp_verify_token",
    ),
    "worker": (
        "redis_url", "database_url", "vendedor_secret_key", "openai_api_key", "whatsapp_token",
        "whatsapp_phone_number_id", "google_calendar_credentials",
    ),
}  # fmt: skip


def _http(address: str) -> str:
    if not leads_to_a_host(address):
        raise ValueError("is no address")
    return address


HttpAddress = Annotated[str, AfterValidator(_http)]


class Settings(BaseSettings):
    """What a process is told from outside. None means not set."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    redis_url: str | None = Field(default=None, pattern=r"^(redis|rediss|unix)://")
    database_url: str | None = Field(default=None, pattern=r"^postgres(ql)?://")

    openai_api_key: SecretStr | None = None
    openai_base_url: HttpAddress | None = None
    openai_model: str = "gpt-4o"
    openai_fallback_model: str | None = None
    model_deadline: float = Field(default=12.0, gt=0, le=60)

    whatsapp_token: SecretStr | None = None
    whatsapp_phone_number_id: str | None = Field(default=None, pattern=r"^\d+$")
    whatsapp_app_secret: SecretStr | None = None
    whatsapp_verify_token: SecretStr | None = None
    whatsapp_api_url: HttpAddress = GRAPH_URL
    media_limit_mb: int = Field(default=16, ge=1, le=100)

    google_calendar_credentials: SecretStr | None = None
    google_calendar_api_url: HttpAddress | None = None
    calendar_poll_seconds: float = Field(default=60.0, ge=1, le=3600)

    hubspot_token: SecretStr | None = None
    hubspot_api_url: HttpAddress = HUBSPOT_URL
    hubspot_deal_stage: str = "appointmentscheduled"
    sync_webhook_url: SecretStr | None = None
    sync_webhook_secret: SecretStr | None = None
    sync_allow_private: bool = False

    vendedor_secret_key: SecretStr | None = None
    vendedor_state_keys: SecretStr | None = None
    vendedor_api_token: SecretStr | None = None
    vendedor_data_dir: Path = Path(".vendedor")

    confidence_threshold: float = Field(default=0.7, ge=0, le=1)
    unresolved_limit: int = Field(default=3, ge=1, le=20)
    qualified_needs: Annotated[tuple[FactField, ...], NoDecode] = BANT
    model_prices: Annotated[dict[str, Price], NoDecode] = {}
    handoff_claim_minutes: int = Field(default=10, ge=0, le=24 * 60)
    business_dir: Path = Path(__file__).parent / "business"

    public_url: HttpAddress | None = None
    retention_days: int = Field(default=365, ge=0, le=36_500)
    messages_per_day: int = Field(default=200, ge=1)
    tokens_per_day: int = Field(default=300_000, ge=1)
    media_per_day: int = Field(default=30, ge=0)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    sends_per_second: float = Field(default=80.0, gt=0, le=1000)
    turns_at_once: int = Field(default=64, ge=1, le=1000)
    drain_seconds: float = Field(default=20.0, ge=1, le=300)

    @field_validator("vendedor_secret_key", "vendedor_api_token")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"must have at least {_SHORTEST_KEY} characters")
        return key

    @field_validator("qualified_needs", mode="before")
    @classmethod
    def _parts(cls, needs: object) -> object:
        if not isinstance(needs, str):
            return needs
        parts = tuple(part.strip().lower() for part in needs.split(",") if part.strip())
        if not parts or not set(parts) <= set(BANT):
            raise ValueError(f"must be some of {', '.join(BANT)}, separated by commas")
        return parts

    @field_validator("model_prices", mode="before")
    @classmethod
    def _json(cls, prices: object) -> object:
        try:
            return orjson.loads(prices) if isinstance(prices, str) else prices
        except orjson.JSONDecodeError:
            raise ValueError("must be JSON, as .env.example shows it") from None

    @property
    def prices(self) -> dict[str, Price]:
        """What models cost: the table, and over it what the setting says."""
        return PRICES | self.model_prices

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @classmethod
    def load(cls, role: Role) -> Self:
        """Read and check the environment; raises SettingsError with one line a problem."""
        try:
            settings = cls()
        except ValidationError as error:
            raise SettingsError(*(_line(problem) for problem in error.errors())) from None
        absent = [name for name in _NEEDED[role] if getattr(settings, name) is None]
        if absent:
            raise SettingsError(
                *(f"{name.upper()} is not set: `vendedor {role}` needs it" for name in absent)
            )
        return settings

    @property
    def pseudonym_key(self) -> bytes:
        """The key of ids and hashes; raises SettingsError when VENDEDOR_SECRET_KEY is not set."""
        if self.vendedor_secret_key is None:
            raise SettingsError("VENDEDOR_SECRET_KEY is not set")
        return hashlib.sha256(self.vendedor_secret_key.get_secret_value().encode()).digest()


def _line(problem: ErrorDetails) -> str:
    """`PORT: Input should be less than or equal to 65535`; never the value, which may be secret."""
    field = str(problem["loc"][0])
    place = " ".join((field.upper(), *map(str, problem["loc"][1:])))
    return f"{place}: {_SHAPES.get(field) or problem['msg'].removeprefix('Value error, ')}"
