"""The `vendedor` command."""

import importlib
import sys
import warnings
from pathlib import Path
from types import ModuleType
from uuid import UUID

import click

import lead_commands
from domain.errors import SettingsError
from running import readable_errors, run, settings_of
from settings import Settings


@click.group()
@click.version_option(package_name="vendedor")
def main() -> None:
    """A WhatsApp sales agent that a company runs for itself."""
    # grpcio comes with langgraph-cli; Google's HTTP client, which we use, does without it
    warnings.filterwarnings("ignore", "Package google.api_core depends on grpcio", FutureWarning)


@main.command()
def dev() -> None:
    """Run everything in one process, with stand-ins for whatever is not set."""
    with readable_errors():
        development = _development()
        settings = settings_of("dev")
        with development.complete(settings) as whole:
            run(development.develop(whole, click.echo))


@main.command()
def serve() -> None:
    """Run the webhook."""
    import roles  # noqa: PLC0415 - seconds of imports that --help need not wait for

    with readable_errors():
        run(roles.serve(settings_of("serve")))


@main.command()
def worker() -> None:
    """Run turns and sends, with health and metrics at HOST:PORT."""
    import roles  # noqa: PLC0415

    with readable_errors():
        run(roles.work(settings_of("worker")))


@main.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    from crm.migrate import migrate as apply  # noqa: PLC0415

    with readable_errors():
        applied = run(apply(settings_of("migrate").database_url or ""))
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

    with readable_errors():
        if not run(tell(settings_of("doctor"))):
            sys.exit(1)


@main.command("replay-threshold")
@click.argument("threshold", type=click.FloatRange(0, 1))
def replay_threshold(threshold: float) -> None:
    """Say which handoffs another confidence THRESHOLD would have made on the stored turns.

    `+` would have been made, `-` would not, `=` was and would. What the reps said of them is shown.
    """
    import labels  # noqa: PLC0415

    with readable_errors():
        click.echo(run(labels.replay_threshold(settings_of("replay-threshold"), threshold)))


@main.command()
@click.option("--dead", is_flag=True, help="Also the batches that failed too often.")
@click.option("--failed", is_flag=True, help="Also the messages that Meta would not take.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def replay(*, dead: bool, failed: bool, dry_run: bool) -> None:
    """Put what could not be read, or was given up, through the intake again.

    For after an update or a repair. What still cannot be read stays, with its reason.
    """
    import replays  # noqa: PLC0415

    with readable_errors():
        settings = settings_of("replay")
        click.echo(run(replays.replay(settings, dead=dead, failed=failed, dry=dry_run)))


@main.command()
@click.option("--retry", is_flag=True, help="Send again what was given up: EVENTS, or all.")
@click.option("--resume", metavar="SINK", help="Tell a disabled sink again.")
@click.option("--forget", metavar="SINK", help="Write no more events for a sink.")
@click.argument("events", nargs=-1, type=click.UUID)
def sync(*, retry: bool, resume: str | None, forget: str | None, events: tuple[UUID, ...]) -> None:
    """Show how the outside CRMs stand, and which events were given up and why."""
    import syncs  # noqa: PLC0415

    with readable_errors():
        settings = settings_of("sync")
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

    with readable_errors():
        click.echo(run(reports.told(settings_of("report"), since, as_json=as_json)))


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
    with readable_errors():
        kept = calendar_login.login(client, calendar, folder, click.prompt)
    click.echo(f"Kept in {kept}. Set GOOGLE_CALENDAR_CREDENTIALS to {folder.resolve()}")


def _development() -> ModuleType:
    try:
        return importlib.import_module("development")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is not installed: `vendedor dev` needs the extra vendedor[sandbox]"
        ) from None


for command in lead_commands.COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()
