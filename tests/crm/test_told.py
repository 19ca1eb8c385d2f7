"""What leads' messages tell beside their words: files, ads, numbers, and what they reply to."""

from typing import Any

import pytest

from crm import jobs, media, outbox
from crm.pool import Pool
from crm.quotes import quotes
from crm.turn_rows import row_id
from crm.turns import commit
from domain.contact import Address, OwnPhone
from domain.messages import Inbound, Media, Quote, Referral, Text
from tests.crm.made import ANA, BOB, REPS, batch, inbound, outcome

FILE = Media(id="77", mime_type="audio/ogg", sha256="eA==", voice=True)
HIDDEN = Address(bsuid="MX.123")


async def told(
    pool: Pool, turn_id: str, *messages: Inbound, contact_id: str = ANA, silent: bool = False
) -> None:
    replies = () if silent else (Text(body=f"reply of {turn_id}"),)
    done = outcome(turn_id, replies=replies)
    await commit(pool, batch(turn_id, *messages, contact_id=contact_id), HIDDEN, done, reps=REPS)


def with_(name: str, **more: object) -> Inbound:
    return inbound(name).model_copy(update=more)


async def contact(pool: Pool) -> dict[str, Any]:
    row = await pool.fetchrow("SELECT * FROM contacts WHERE id = $1", ANA)
    assert row
    return dict(row)


async def test_a_file_is_wanted_with_its_message_and_one_job_fetches_a_turns(pool: Pool) -> None:
    await told(
        pool, "t1", with_("m1", kind="audio", media=FILE), with_("m2"), with_("m3", media=FILE)
    )
    await told(pool, "t2", with_("m4"))
    wanted = await media.wanted(pool, "t1")
    assert [(file.message_id, file.told) for file in wanted] == [("m1", FILE), ("m3", FILE)]
    [job] = await jobs.claim(pool, ["media"])
    assert (job.turn_id, job.contact_id) == ("t1", ANA)


async def test_a_file_is_stored_or_lost_once(pool: Pool) -> None:
    files = [with_(name, kind="audio", media=FILE) for name in ("m1", "m2", "m3")]
    await told(pool, "t1", *files)
    await media.store(pool, "m1", b"sound")
    await media.lose(pool, "m1", "refused", "too late")
    await media.lose(pool, "m2", "gone", "Meta has no such file")
    await media.store(pool, "m2", b"sound")
    await media.lose(pool, "m3", "refused", "too large")
    rows = await pool.fetch("SELECT status, reason, content FROM media ORDER BY message_id")
    assert [tuple(row) for row in rows] == [
        ("stored", None, b"sound"),
        ("gone", "Meta has no such file", None),
        ("refused", "too large", None),
    ]
    assert await media.wanted(pool, "t1") == ()


async def test_a_deleted_messages_file_is_erased_and_nobody_elses(pool: Pool) -> None:
    await told(pool, "t1", with_("m1", media=FILE))
    await told(pool, "t2", with_("m2", media=FILE))
    for name in ("m1", "m2"):
        await media.store(pool, name, b"sound")
    await media.forget(pool, ANA, "m1")
    await media.forget(pool, BOB, "m2")
    rows = await pool.fetch("SELECT status, content FROM media ORDER BY message_id")
    assert [tuple(row) for row in rows] == [("gone", None), ("stored", b"sound")]


AD = Referral(source_type="ad", source_id="1", headline="Mitad de precio", ctwa_clid="ARA\0")


async def test_the_first_ad_stays_and_the_first_answer_opens_the_free_entry_point(
    pool: Pool,
) -> None:
    now = await pool.fetchval("SELECT now()")
    await told(pool, "t1", with_("m1", referral=AD, at=now), silent=True)
    assert (await contact(pool))["free_until"] is None
    other = AD.model_copy(update={"source_id": "2"})
    await told(pool, "t2", with_("m2", referral=other, at=now))
    row = await contact(pool)
    assert row["source"]["source_id"] == "1"
    assert 71.9 < (row["free_until"] - now).total_seconds() / 3600 < 72.1


async def test_an_answer_after_a_day_opens_no_free_entry_point(pool: Pool) -> None:
    await told(pool, "t1", with_("m1", referral=AD))
    row = await contact(pool)
    assert (row["free_until"], row["source"]["headline"]) == (None, "Mitad de precio")


@pytest.mark.parametrize(
    ("own", "phones"),
    [
        (OwnPhone(phone="573001", vouched=True, alias="his"), ("573001", None)),
        (OwnPhone(phone="573001", vouched=False), (None, "573001")),
    ],
)
async def test_a_number_names_the_lead_only_when_it_is_vouched_for(
    pool: Pool, own: OwnPhone, phones: tuple[str | None, str | None]
) -> None:
    await told(pool, "t1", with_("m1", kind="contacts", own_phone=own))
    row = await contact(pool)
    assert (row["phone"], row["callback_phone"]) == phones
    named = await pool.fetchval("SELECT contact_id::text FROM contact_aliases WHERE alias = 'his'")
    assert named == (ANA if own.vouched else None)


async def test_a_number_that_is_somebodys_stays_his(pool: Pool) -> None:
    own = OwnPhone(phone="573001", vouched=True, alias="his")
    await told(pool, "t1", with_("m1", own_phone=own))
    await told(pool, "t2", with_("m2", own_phone=own), contact_id=BOB)
    rows = await pool.fetch("SELECT contact_id::text FROM contact_aliases WHERE alias = 'his'")
    assert [row["contact_id"] for row in rows] == [ANA]


async def test_what_is_quoted_is_found_at_any_age_and_only_the_contacts_own(pool: Pool) -> None:
    for number in range(20):
        await told(pool, f"t{number}", inbound(f"m{number}", f"words {number}"))
    await outbox.accepted(pool, row_id("t0", 0), "hash-0")
    await outbox.accepted(pool, row_id("t19", 0), "hash-19")
    found = await quotes(pool, ANA, ["m0", "hash-0", "hash-19", "unknown"])
    assert found == {
        "m0": Quote(text="words 0"),
        "hash-0": Quote(text="reply of t0", sent=Text(body="reply of t0")),
        "hash-19": Quote(text="reply of t19", sent=Text(body="reply of t19"), latest=True),
    }
    assert await quotes(pool, BOB, ["m0", "hash-0"]) == {}


async def test_a_reaction_does_not_age_the_last_message_but_words_do(pool: Pool) -> None:
    await told(pool, "t1")
    await outbox.accepted(pool, row_id("t1", 0), "hash")
    await told(pool, "t2", with_("r1", kind="reaction", text="❤️"), silent=True)
    assert (await quotes(pool, ANA, ["hash"]))["hash"].latest
    await told(pool, "t3", inbound("m3"), silent=True)
    assert not (await quotes(pool, ANA, ["hash"]))["hash"].latest


async def test_a_message_of_a_later_release_is_quoted_by_its_words(pool: Pool) -> None:
    await told(pool, "t1")
    await outbox.accepted(pool, row_id("t1", 0), "hash")
    await pool.execute("""UPDATE outbox SET message = '{"kind": "of 2030"}'""")
    assert await quotes(pool, ANA, ["hash"]) == {"hash": Quote(text="reply of t1", latest=True)}
