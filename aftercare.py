"""After the reply: the summary, a rep's brief, the lead's files, as jobs that survive a crash."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from bootstrap import Services
from crm import handoffs, jobs, learning, media, memory, summaries
from crm.jobs import MAX_TRIES, Job
from crm.media import WantedMedia
from crm.messages import Line, recent
from crm.model_uses import Purpose
from crm.pool import UNREACHABLE, Pool, storable
from crm.undelivered import never_came
from delivery.mailbox import unavailable
from delivery.media import MediaDownloads
from domain.errors import MailboxUnavailable, MediaGone, MediaRefused, MediaUnavailable, ModelError
from domain.ports import ChatMessage
from domain.turn import Batch, Summary
from nodes.context import prompt
from nodes.hearing import hear
from woken import recorded

log = structlog.get_logger()

_POLL_SECONDS = 0.5
_AT_ONCE = 8
_BRIEF_MESSAGES = 40
_PROMPTS: dict[Purpose, str] = {"summary": "summary", "brief": "handoff"}
_SPEAKER = {"in": "Lead", "out": "Assistant", "rep": "Colleague"}


class Aftercare:
    """Does the jobs that commits leave behind."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = services.stores.pool
        self._kinds: dict[str, Callable[[Job], Awaitable[None]]] = {
            "summary": self._summarise,
            "brief": self._brief,
            "media": lambda job: take_files(self._pool, services.media, job),
            "forget": self._forget,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; a job that was begun is finished or leased out again later."""
        while not stop.is_set():
            if not await self._do_some():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await stop.wait()

    async def _do_some(self) -> int:
        try:
            due = await jobs.claim(self._pool, list(self._kinds), limit=_AT_ONCE)
            await asyncio.gather(*map(self._do, due))
        except (asyncpg.PostgresError, *UNREACHABLE) as error:
            log.warning("jobs put off", error=type(error).__name__)
            return 0
        return len(due)

    async def _do(self, job: Job) -> None:
        try:
            await self._kinds[job.kind](job)
        except (ModelError, MediaUnavailable, MailboxUnavailable) as error:
            await jobs.fail(self._pool, job, str(error))
        else:
            await jobs.done(self._pool, job)

    async def _summarise(self, job: Job) -> None:
        """Continue the summary up to the lead's last message, a name that the graph knows too."""
        waiting = await summaries.waiting(self._pool, job.contact_id)
        heard = [line for line in waiting if line.direction == "in"]
        if not heard:
            return
        upto = waiting.index(heard[-1])
        known = await summaries.get(self._pool, job.contact_id)
        text = await self._write("summary", waiting[: upto + 1], known.text if known else "")
        await summaries.save(self._pool, job.contact_id, Summary(text=text, upto=heard[-1].id))

    async def _forget(self, job: Job) -> None:
        """A turn that ran while its lead was erased may have kept his state."""
        with unavailable():
            await self._services.forget_state(job.contact_id)

    async def _hear(self, job: Job) -> None:
        """What he said as he asked for a person, which no model has heard."""
        lines = await learning.unheard(self._pool, job.contact_id, job.turn_id)
        known = await memory.peek(self._pool, job.contact_id)
        if not lines or known is None:
            return
        services, said = self._services, tuple(map(recorded, lines))
        batch = Batch(contact_id=job.contact_id, turn_id=job.turn_id, messages=said)
        try:
            found, usage = await hear(
                services.model, services.business, batch, known, services.clock()
            )
        except ModelError as error:
            await services.stores.spent("brief", error.usage)
            raise
        await services.stores.spent("brief", usage)
        if found:
            needs = services.stores.settings.qualified_needs
            await learning.learn(self._pool, job.contact_id, job.turn_id, found, needs)

    async def _brief(self, job: Job) -> None:
        await self._hear(job)
        known = await memory.peek(self._pool, job.contact_id)
        if known is None or known.handoff is None:
            return
        lines = await recent(self._pool, job.contact_id, _BRIEF_MESSAGES)
        told = (f"{f.field}: {f.value or 'declined'} (“{f.quote}”)" for f in known.facts)
        facts = "\n".join((f"name on WhatsApp: {known.profile_name}", *told))
        summary = known.summary.text if known.summary else ""
        about = f"Handed over because: {known.handoff.reason}\n{facts}\n{summary}"
        if lost := await never_came(self._pool, job.contact_id):
            about += "\nThe lead never got these words of ours:\n" + "\n".join(lost)
        brief = await self._write("brief", lines, about)
        await handoffs.set_brief(self._pool, known.handoff.id, brief)

    async def _write(self, purpose: Purpose, lines: tuple[Line, ...], about: str) -> str:
        business = self._services.business
        said = "\n".join(map(_spoken, lines))
        messages: list[ChatMessage] = [
            {
                "role": "system",
                "content": prompt(_PROMPTS[purpose], business, language=business.language),
            },
            {"role": "user", "content": f"<known>\n{about}\n</known>\n\n{said}"},
        ]
        try:
            written = await self._services.model.write(messages)
        except ModelError as error:
            await self._services.stores.spent(purpose, error.usage)
            raise
        await self._services.stores.spent(purpose, written.usage)
        return storable(written.text)


async def take_files(pool: Pool, downloads: MediaDownloads, job: Job) -> None:
    """Fetch the files of a turn; what is there stays, so only the rest is tried again.

    Raises MediaUnavailable while a file may still come.
    """
    missing: list[MediaUnavailable] = []
    for wanted in await media.wanted(pool, job.turn_id):
        try:
            await _take(pool, downloads, wanted, last_try=job.tries >= MAX_TRIES)
        except MediaUnavailable as error:
            missing.append(error)
    if missing:
        raise missing[0]


async def _take(
    pool: Pool, downloads: MediaDownloads, wanted: WantedMedia, *, last_try: bool
) -> None:
    try:
        content = await downloads.fetch(wanted.told, wanted.kind)
    except MediaGone as error:
        await media.lose(pool, wanted.message_id, "gone", str(error))
    except MediaRefused as error:
        await media.lose(pool, wanted.message_id, "refused", str(error))
    except MediaUnavailable as error:
        if not last_try:
            raise
        await media.lose(pool, wanted.message_id, "gone", str(error))
    else:
        await media.store(pool, wanted.message_id, content)


def _spoken(line: Line) -> str:
    return f"{_SPEAKER[line.direction]}: {line.text or f'[{line.kind}]'}"
