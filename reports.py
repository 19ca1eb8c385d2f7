"""`vendedor report`."""

import orjson

import connections
from crm.report import SECONDS
from domain.errors import DatabaseUnusable, SettingsError
from report_route import made
from report_text import as_json as reckoned
from report_text import text
from settings import Settings
from tools.business_folder import load


async def told(settings: Settings, since: str, *, as_json: bool) -> str:
    """The report since `since`. Raises SettingsError, DatabaseUnusable."""
    zone = load(settings.business_dir).zone
    async with connections.records(settings) as pool:
        try:
            found = await made(pool, since, zone)
        except (ValueError, OverflowError):
            raise SettingsError("--since takes 30d, 12h or a date like 2026-11-01") from None
        except TimeoutError:
            raise DatabaseUnusable(
                f"no report in {SECONDS:.0f} s: take a shorter --since"
            ) from None
    if as_json:
        return orjson.dumps(reckoned(found, settings.prices), option=orjson.OPT_INDENT_2).decode()
    return text(found, settings.prices)
