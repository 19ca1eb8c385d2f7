"""The commands about one lead or one handoff."""

import sys

import click

from running import readable_errors, run, settings_of


@click.command()
@click.option("--all", "every", is_flag=True, help="Those that are over, and what is parked.")
def handoffs(*, every: bool) -> None:
    """List the open handoffs: reason, signals and the messages before each."""
    import records  # noqa: PLC0415

    with readable_errors():
        click.echo(run(records.listed_handoffs(settings_of("handoffs"), every=every)))


@click.command()
@click.argument("handoff")
@click.argument("outcome", type=click.Choice(["needed", "not-needed"]))
def label(handoff: str, outcome: str) -> None:
    """Keep whether a HANDOFF (its id, as `handoffs` shows it) was needed."""
    import labels  # noqa: PLC0415

    with readable_errors():
        needed = outcome == "needed"
        click.echo(run(labels.label(settings_of("label"), handoff, needed=needed)))


@click.command()
@click.argument("phone")
@click.option("--rep", help="Who takes it, as the business folder names him; default: its own.")
def takeover(phone: str, rep: str | None) -> None:
    """Take the conversation with PHONE from the agent, which is silent until `release`.

    An answer that is being written is discarded. A contact id does as well as a phone number.
    """
    import records  # noqa: PLC0415

    with readable_errors():
        click.echo(run(records.take_over(settings_of("takeover"), phone, rep)))


@click.command()
@click.argument("phone")
def release(phone: str) -> None:
    """Give the conversation with PHONE back to the agent, which answers what was left open."""
    import records  # noqa: PLC0415

    with readable_errors():
        click.echo(run(records.release(settings_of("release"), phone)))


@click.command("no-show")
@click.argument("phone")
def no_show(phone: str) -> None:
    """Mark the last call with PHONE as missed: the lead is asked once for another time."""
    import records  # noqa: PLC0415

    with readable_errors():
        click.echo(run(records.missed_call(settings_of("no-show"), phone)))


@click.command()
@click.argument("phone")
@click.option("--studio", help="The address of `langgraph dev`; default http://127.0.0.1:2024.")
def inspect(phone: str, studio: str | None) -> None:
    """Show the conversation with PHONE, and open it to LangGraph Studio.

    Stage, facts with their quotes, the last decisions, handoff, booking, and what Redis holds. A
    contact id does as well as a phone number.
    """
    import inspection  # noqa: PLC0415

    with readable_errors():
        address = studio or inspection.STUDIO
        click.echo(run(inspection.look(settings_of("inspect"), phone, address)))


@click.command()
@click.argument("phone")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(phone: str, *, yes: bool) -> None:
    """Erase the person of PHONE everywhere; what is left are counts that lead back to nobody.

    A contact id does as well as a phone number. Whoever writes again afterwards is a new lead.
    """
    import privacy  # noqa: PLC0415

    with readable_errors():
        settings = settings_of("erase")
        if not yes:
            click.confirm(f"Erase everything that is held of {phone}?", abort=True)
        click.echo(run(privacy.erase(settings, phone)))


@click.command()
@click.argument("phone")
@click.option("--files", is_flag=True, help="With the content of the files he sent, in base64.")
def export(phone: str, *, files: bool) -> None:
    """Print everything that is held of the person of PHONE, as JSON."""
    import privacy  # noqa: PLC0415

    with readable_errors():
        told = run(privacy.export(settings_of("export"), phone, content=files))
    if told is None:
        click.echo(f"nobody is known as {phone}", err=True)
        sys.exit(1)
    click.echo(told)


COMMANDS = (handoffs, label, takeover, release, no_show, inspect, erase, export)
