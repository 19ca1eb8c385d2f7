"""`vendedor calendar login`: the dialogue that gives a rep's calendar to the agent."""

import secrets
from collections.abc import Callable
from pathlib import Path

from domain.errors import SettingsError
from tools.google_login import OAuthClient, code_of, consent_address, credentials_for


def login(client_file: Path, calendar: str, folder: Path, ask: Callable[[str], str]) -> Path:
    """Keep the credentials for `calendar` in `folder`; `ask` shows a text and gives the answer.

    Raises SettingsError.
    """
    client = OAuthClient.read(_text(client_file))
    state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
    address = consent_address(client, calendar, state=state, verifier=verifier)
    pasted = ask(
        f"Open this address as {calendar} and allow the access:\n\n{address}\n\n"
        "The page that follows does not load. Its address"
    )
    found = credentials_for(client, code_of(pasted, state=state), verifier=verifier)
    return _kept(folder / f"{calendar}.json", found)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {type(error).__name__}") from None


def _kept(file: Path, text: str) -> Path:
    """Readable by nobody else from its first byte."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}") from None
    return file
