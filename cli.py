"""The `vendedor` command."""

import asyncio
import importlib
import sys
import warnings
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from uuid import UUID

import click
import uvloop

from domain.errors import SettingsError, VendedorError
from logs import configure
from settings import Role, Settings

Result = TypeVar("Result")

_CANCELLATIONS = 20
_CANCELLATION_SECONDS = 0.1

WRONG_SETTINGS = 2
"""The exit code when the process cannot start as it was told to."""


@click.group()
@click.version_option(package_name="vendedor")
def main() -> None:
    """A WhatsApp sales agent that a company runs for itself."""
    # grpcio comes with langgraph-cli; Google's HTTP client, which we use, does without it
    warnings.filterwarnings("ignore", "Package google.api_core depends on grpcio", FutureWarning)


@main.command()
def dev() -> None:
    """Run everything in one process, with stand-ins for whatever is not set."""
    with _readable_errors():
        development = _development()
        settings = _settings("dev")
        with development.complete(settings) as whole:
            run(development.develop(whole, click.echo))


@main.command()
def serve() -> None:
    """Run the webhook."""
    import roles  # noqa: PLC0415 - seconds of imports that --help need not wait for

    with _readable_errors():
        run(roles.serve(_settings("serve")))


@main.command()
def worker() -> None:
    """Run turns and sends, with health and metrics at HOST:PORT."""
    import roles  # noqa: PLC0415

    with _readable_errors():
        run(roles.work(_settings("worker")))


@main.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    from crm.migrate import migrate as apply  # noqa: PLC0415

    with _readable_errors():
        applied = run(apply(_settings("migrate").database_url or ""))
    click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@main.command()
def doctor() -> None:
    """Say of each dependency and credential whether it works, or what to do."""
    from doctor import examine  # noqa: PLC0415

    async def tell(settings: Settings) -> bool:
        well = True
        async for finding in examine(settings):
            click.echo(f"{finding.what}: {finding.problem or 'works'}")
            well = well and not finding.problem
        return well

    with _readable_errors():
        if not run(tell(_settings("doctor"))):
            sys.exit(1)


@main.command()
@click.option("--all", "every", is_flag=True, help="Those that are over, and what is parked.")
def handoffs(*, every: bool) -> None:
    """List the open handoffs: reason, signals and the messages before each."""
    import records  # noqa: PLC0415

    with _readable_errors():
        click.echo(run(records.listed_handoffs(_settings("handoffs"), every=every)))


@main.command()
@click.argument("handoff")
@click.argument("outcome", type=click.Choice(["needed", "not-needed"]))
def label(handoff: str, outcome: str) -> None:
    """Keep whether a HANDOFF (its id, as `handoffs` shows it) was needed."""
    import labels  # noqa: PLC0415

    with _readable_errors():
        needed = outcome == "needed"
        click.echo(run(labels.label(_settings("label"), handoff, needed=needed)))


@main.command("replay-threshold")
@click.argument("threshold", type=click.FloatRange(0, 1))
def replay_threshold(threshold: float) -> None:
    """Say which handoffs another confidence THRESHOLD would have made on the stored turns.

    `+` would have been made, `-` would not, `=` was and would. What the reps said of them is shown.
    """
    import labels  # noqa: PLC0415

    with _readable_errors():
        click.echo(run(labels.replay_threshold(_settings("replay-threshold"), threshold)))


@main.command()
@click.argument("phone")
@click.option("--rep", help="Who takes it, as the business folder names him; default: its own.")
def takeover(phone: str, rep: str | None) -> None:
    """Take the conversation with PHONE from the agent, which is silent until `release`.

    An answer that is being written is discarded. A contact id does as well as a phone number.
    """
    import records  # noqa: PLC0415

    with _readable_errors():
        click.echo(run(records.take_over(_settings("takeover"), phone, rep)))


@main.command()
@click.argument("phone")
def release(phone: str) -> None:
    """Give the conversation with PHONE back to the agent, which answers what was left open."""
    import records  # noqa: PLC0415

    with _readable_errors():
        click.echo(run(records.release(_settings("release"), phone)))


@main.command("no-show")
@click.argument("phone")
def no_show(phone: str) -> None:
    """Mark the last call with PHONE as missed: the lead is asked once for another time."""
    import records  # noqa: PLC0415

    with _readable_errors():
        click.echo(run(records.missed_call(_settings("no-show"), phone)))


@main.command()
@click.argument("phone")
@click.option("--studio", help="The address of `langgraph dev`; default http://127.0.0.1:2024.")
def inspect(phone: str, studio: str | None) -> None:
    """Show the conversation with PHONE, and open it to LangGraph Studio.

    Stage, facts with their quotes, the last decisions, handoff, booking, and what Redis holds. A
    contact id does as well as a phone number.
    """
    import inspection  # noqa: PLC0415

    with _readable_errors():
        address = studio or inspection.STUDIO
        click.echo(run(inspection.look(_settings("inspect"), phone, address)))


@main.command()
@click.option("--dead", is_flag=True, help="Also the batches that failed too often.")
@click.option("--failed", is_flag=True, help="Also the messages that Meta would not take.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def replay(*, dead: bool, failed: bool, dry_run: bool) -> None:
    """Put what could not be read, or was given up, through the intake again.

    For after an update or a repair. What still cannot be read stays, with its reason.
    """
    import replays  # noqa: PLC0415

    with _readable_errors():
        settings = _settings("replay")
        click.echo(run(replays.replay(settings, dead=dead, failed=failed, dry=dry_run)))


@main.command()
@click.option("--retry", is_flag=True, help="Send again what was given up: EVENTS, or all.")
@click.option("--resume", metavar="SINK", help="Tell a disabled sink again.")
@click.option("--forget", metavar="SINK", help="Write no more events for a sink.")
@click.argument("events", nargs=-1, type=click.UUID)
def sync(*, retry: bool, resume: str | None, forget: str | None, events: tuple[UUID, ...]) -> None:
    """Show how the outside CRMs stand, and which events were given up and why."""
    import syncs  # noqa: PLC0415

    with _readable_errors():
        settings = _settings("sync")
        if retry:
            work = syncs.retry(settings, tuple(map(str, events)))
        elif resume:
            work = syncs.resume(settings, resume)
        elif forget:
            work = syncs.forget(settings, forget)
        else:
            work = syncs.standing(settings)
        click.echo(run(work))


@main.command()
@click.option("--since", default="30d", show_default=True, help="30d, 12h or 2026-11-01.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def report(*, since: str, as_json: bool) -> None:
    """Show the results of the last time: funnel, replies, handoffs, tokens and money."""
    import reports  # noqa: PLC0415

    with _readable_errors():
        click.echo(run(reports.told(_settings("report"), since, as_json=as_json)))


@main.command()
@click.argument("phone")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(phone: str, *, yes: bool) -> None:
    """Erase the person of PHONE everywhere; what is left are counts that lead back to nobody.

    A contact id does as well as a phone number. Whoever writes again afterwards is a new lead.
    """
    import privacy  # noqa: PLC0415

    with _readable_errors():
        settings = _settings("erase")
        if not yes:
            click.confirm(f"Erase everything that is held of {phone}?", abort=True)
        click.echo(run(privacy.erase(settings, phone)))


@main.command()
@click.argument("phone")
@click.option("--files", is_flag=True, help="With the content of the files he sent, in base64.")
def export(phone: str, *, files: bool) -> None:
    """Print everything that is held of the person of PHONE, as JSON."""
    import privacy  # noqa: PLC0415

    with _readable_errors():
        told = run(privacy.export(_settings("export"), phone, content=files))
    if told is None:
        click.echo(f"nobody is known as {phone}", err=True)
        sys.exit(1)
    click.echo(told)


@main.group()
def calendar() -> None:
    """The reps' calendars."""


@calendar.command()
@click.argument("client", required=False, type=click.Path(path_type=Path))
@click.argument("calendar", required=False)
@click.option("--folder", default="calendars", show_default=True, type=click.Path(path_type=Path))
def login(client: Path | None, calendar: str | None, folder: Path) -> None:
    """Let the agent into a rep's CALENDAR with his consent; without arguments: what to do.

    CLIENT is the JSON file of an OAuth client; the credentials are kept in the folder.
    """
    from tools import calendar_login  # noqa: PLC0415
    from tools.google_login import STEPS  # noqa: PLC0415

    if client is None or calendar is None:
        click.echo(STEPS)
        return
    with _readable_errors():
        kept = calendar_login.login(client, calendar, folder, click.prompt)
    click.echo(f"Kept in {kept}. Set GOOGLE_CALENDAR_CREDENTIALS to {folder.resolve()}")


def _development() -> ModuleType:
    try:
        return importlib.import_module("development")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is not installed: `vendedor dev` needs the extra vendedor[sandbox]"
        ) from None


def _settings(role: Role) -> Settings:
    settings = Settings.load(role)
    configure(settings.log_level)
    return settings


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it on a loop of its own, and leave nothing behind."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_to_the_end(work))


async def _to_the_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Whatever is left is cancelled until it is gone: a task may miss one cancellation.

    Python 3.11's `asyncio.wait_for` loses one that comes together with what it waits for
    (github.com/python/cpython/issues/86296), and the runner, which cancels once, waits for ever.
    """
    try:
        return await work
    finally:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for _ in range(_CANCELLATIONS):
            if not left:
                break
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=_CANCELLATION_SECONDS)


@contextmanager
def _readable_errors() -> Generator[None]:
    """What is wrong with settings, ports and servers: a line each on stderr, and exit code 2."""
    try:
        yield
    except* VendedorError as group:
        for problem in _problems(group):
            click.echo(f"vendedor: {problem}", err=True)
        sys.exit(WRONG_SETTINGS)


def _problems(group: BaseExceptionGroup[VendedorError]) -> Iterator[str]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _problems(error)
        else:
            yield from str(error).splitlines()


if __name__ == "__main__":
    main()
