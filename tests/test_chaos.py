"""The chaos suite's referee: a clean record passes, and each breach planted in it is found."""

from dataclasses import replace
from pathlib import Path

import pytest

from chaos import evidence, records, words
from chaos.checks import ordered_pairs
from chaos.dice import GRAPH_ODDS, Dice
from chaos.ledger import Ledger
from chaos.records import Answered, Call, Event, Outage, Post, Record, Said, Send
from chaos.referee import judge
from domain.sentences import SENTENCES

ANA, EVA = "573001000001", "573001000002"
SORRY = SENTENCES["apology"]["es"]


def post(
    at: float, *serials: int, status: int = 200, receipts: tuple[str, ...] = (), took: float = 0.1
) -> Post:
    return Post(
        serials=serials,
        receipts=receipts,
        copy_of_another=False,
        start=at,
        end=at + took,
        status=status,
    )


def call(number: int, at: float, *serials: int, before: str = "", fault: str = "") -> Call:
    return Call(
        number=number,
        serials=serials,
        before=before,
        worker="worker-1",
        start=at,
        end=at + 0.5,
        answered="ok",
        fault=fault,
    )


def send(
    tracker: str,
    at: float,
    text: str,
    *,
    to: str = ANA,
    answered: Answered = "ok",
    taken: bool = True,
    took: float = 0.1,
) -> Send:
    return Send(
        tracker=tracker,
        to=to,
        text=text,
        worker="worker-1",
        start=at,
        end=at + took,
        taken=at if taken else None,
        answered=answered,
        fault="",
    )


def outage(process: str, killed: float, ready: float, *, by_itself: bool = False) -> Outage:
    return Outage(process=process, killed=killed, ready=ready, by_itself=by_itself)


def a_clean_run() -> list[Event]:
    """Ana writes m1 and m2 (one answer), m3 (an apology), m4; Eva writes m5."""
    return [
        *(Said(serial=serial, lead=ANA) for serial in (1, 2, 3, 4)),
        Said(serial=5, lead=EVA),
        post(0, 1),
        post(1, 2, 5),
        call(1, 2, 1, 2),
        send("a", 3, words.replied(1, (1, 2))),
        call(2, 2, 5),
        send("b", 3, words.replied(2, (5,)), to=EVA),
        post(4, 3),
        call(3, 5, 3, before="k1", fault="garbage"),
        send("c", 6, SORRY),
        post(7, 4),
        call(4, 8, 4, before="apology"),
        send("d", 9, words.replied(4, (4,))),
    ]


def books(events: list[Event]) -> Ledger:
    rows = {send.tracker: "sent" for send in records.of(events, Send) if send.taken is not None}
    return Ledger(rows, waiting=0, dead=0, quarantined=0)


def broken(events: list[Event], ledger: Ledger | None = None) -> set[str]:
    """The promises that the referee finds broken."""
    return {breach.promise for breach in judge(events, ledger or books(events)).breaches}


def changed(events: list[Event], old: Event, *new: Event) -> list[Event]:
    place = events.index(old)
    return [*events[:place], *new, *events[place + 1 :]]


def the(kind: type[records.E], **about: object) -> records.E:
    """The event of the clean run with these fields."""
    found = records.of(a_clean_run(), kind)
    return next(e for e in found if all(getattr(e, k) == v for k, v in about.items()))


def test_a_clean_run_breaks_nothing() -> None:
    assert not broken(a_clean_run())


def test_an_answer_that_never_arrived_is_missed() -> None:
    events = changed(a_clean_run(), the(Send, tracker="d"))
    assert broken(events) == {"answered"}


def test_a_message_that_the_model_never_saw_is_missed_whatever_apology_there_was() -> None:
    said = Said(serial=6, lead=ANA)
    assert broken([*a_clean_run(), said, post(4.5, 6)]) == {"answered"}


def test_one_apology_does_not_answer_for_two_turns() -> None:
    more = [
        *(Said(serial=6, lead=ANA), post(6.5, 6)),
        call(9, 6.8, 6, before="apology", fault="garbage"),
    ]
    assert "answered" in broken([*a_clean_run(), *more])


def test_an_apology_for_nothing_is_found() -> None:
    assert "answered" in broken([*a_clean_run(), send("e", 10, SORRY)])


def test_a_message_without_a_200_is_found() -> None:
    refused = the(Post, start=7.0).model_copy(update={"status": 503})
    assert "accepted" in broken(changed(a_clean_run(), the(Post, start=7.0), refused))


def test_a_message_in_two_answers_is_found() -> None:
    again = [
        call(5, 10, 1, before="k4"),
        send("e", 11, words.replied(5, (1,))),
    ]
    assert "none twice" in broken([*a_clean_run(), *again])


def test_an_apology_over_an_answered_message_is_found() -> None:
    again = [
        call(5, 10, 4, before="k4", fault="garbage"),
        send("e", 11, SORRY),
    ]
    assert "answered" in broken([*a_clean_run(), *again])


def test_somebody_elses_message_is_found() -> None:
    eva = the(Send, tracker="b")
    wrong = eva.model_copy(update={"to": ANA, "start": 3.5, "end": 3.6, "taken": 3.5})
    assert "none twice" in broken(changed(a_clean_run(), eva, wrong))


def test_a_call_that_mixes_leads_is_found() -> None:
    assert "answered" in broken([*a_clean_run(), call(5, 10, 4, 5)])


def test_answers_in_the_wrong_order_are_found() -> None:
    wrong = send("a", 3, words.replied(1, (2, 1)))
    assert broken(changed(a_clean_run(), the(Send, tracker="a"), wrong)) == {"in order"}


def test_a_later_message_answered_turns_earlier_is_found() -> None:
    events: list[Event] = [
        *(Said(serial=serial, lead=ANA) for serial in (1, 2)),
        *(post(0, 1), post(1, 2)),
        *(call(1, 2, 2), send("a", 3, words.replied(1, (2,)))),
        *(call(2, 4, 1, before="k1"), send("b", 5, words.replied(2, (1,)))),
    ]
    assert broken(events) == {"in order"}


@pytest.mark.parametrize(
    "tries",
    [
        [post(0, 1, took=2), post(1, 2)],  # on the way at the same time
        [post(0, 1, status=0), post(1, 2), post(3, 1)],  # the first try of m1 may have failed
        [post(0, 2, 1)],  # carried in the other order
        [post(0, 1, 2, status=503), post(1, 2), post(2, 1)],  # stored in part, or not at all
        [post(1, 1), post(0, 2, status=0), post(3, 2)],  # m2 may have been stored at once
    ],
)
def test_an_order_that_is_not_sure_is_not_asked_for(tries: list[Post]) -> None:
    assert (1, 2) not in pairs(tries)


@pytest.mark.parametrize(
    "tries",
    [
        [post(0, 1), post(1, 2)],
        [post(0, 1, 2)],
        [post(0, 1, 2, status=503), post(1, 1, 2)],
        [post(0, 1, status=0), post(1, 1), post(2, 2)],
        [post(0, 1, 2, took=3), post(1, 1, 2)],
        [post(0, 1), post(1, 2), post(2, 2, 1)],  # a copy in another order comes too late
    ],
)
def test_an_order_that_is_sure_is_asked_for(tries: list[Post]) -> None:
    assert (1, 2) in pairs(tries)
    assert (2, 1) not in pairs(tries)


def pairs(tries: list[Post]) -> set[tuple[int, int]]:
    gathered = evidence.gather([*(Said(serial=serial, lead=ANA) for serial in (1, 2)), *tries])
    return set(ordered_pairs(gathered, gathered.leads[ANA]))


def test_a_turn_that_did_not_know_the_one_before_it_is_found() -> None:
    old = the(Call, number=4)
    blind = old.model_copy(update={"before": "k1"})
    assert broken(changed(a_clean_run(), old, blind)) == {"no overlap"}


def test_two_model_calls_open_at_once_are_found() -> None:
    old = the(Call, number=4)
    early = old.model_copy(update={"start": 5.2})
    assert broken(changed(a_clean_run(), old, early)) == {"no overlap"}


def test_a_call_whose_answer_nobody_used_may_overlap() -> None:
    discarded = call(9, 1.8, 1)
    assert not broken([*a_clean_run(), discarded])


def test_two_messages_on_their_way_at_once_are_found() -> None:
    old = the(Send, tracker="c")
    late = old.model_copy(update={"end": 9.5})
    assert broken(changed(a_clean_run(), old, late)) == {"no overlap"}


def test_a_receipt_frees_the_next_send() -> None:
    old = the(Send, tracker="c")
    late = old.model_copy(update={"end": 9.5})
    receipt = post(7.0, receipts=("c",))
    assert not broken([*changed(a_clean_run(), old, late), receipt])


def test_a_receipt_frees_the_next_send_before_it_has_its_200() -> None:
    old, following = the(Send, tracker="c"), the(Send, tracker="d")
    late = old.model_copy(update={"end": following.end})
    receipt = post(following.start - 0.2, receipts=("c",), took=1.0)
    assert not broken([*changed(a_clean_run(), old, late), receipt])
    refused = post(following.start - 0.2, receipts=("c",), status=503)
    assert broken([*changed(a_clean_run(), old, late), refused]) == {"no overlap"}


def test_two_turns_in_one_message_are_two_turns() -> None:
    events = changed(a_clean_run(), the(Send, tracker="c"))
    last = send("d", 9, f"{SORRY}\n\n{words.replied(4, (4,))}")
    clean = changed(events, the(Send, tracker="d"), last)
    assert not broken(clean)
    merged = replace(books(clean), rows=books(clean).rows | {"c": "merged"})
    assert not broken(clean, merged)
    wrong = last.model_copy(update={"text": f"{words.replied(4, (4,))}\n\n{SORRY}"})
    assert "answered" in broken(changed(clean, last, wrong))


def test_what_a_row_took_up_before_it_was_sent_again_is_shown_too() -> None:
    lost = the(Send, tracker="c").model_copy(update={"answered": "cut"})
    events = changed(a_clean_run(), the(Send, tracker="c"), lost)
    both = f"{SORRY}\n\n{words.replied(4, (4,))}"
    again = send("c", 30, both)
    clean = changed(events, the(Send, tracker="d"), again)
    merged = replace(books(clean), rows=books(clean).rows | {"d": "merged"})
    assert not broken(clean, merged)
    without = again.model_copy(update={"text": SORRY})
    assert "answered" in broken(changed(clean, again, without), merged)


def test_unknown_words_are_found() -> None:
    assert "known words" in broken([*a_clean_run(), send("e", 10, "Hola, ¿sigues ahí?")])


def sent_again(answered: Answered, *more: Event) -> list[Event]:
    """The last answer arrives a second time, 20 s later."""
    old = the(Send, tracker="d")
    events = changed(a_clean_run(), old, old.model_copy(update={"answered": answered}))
    return [*events, send("d", 29, old.text), *more]


def test_a_second_send_after_a_heard_answer_is_found() -> None:
    assert broken(sent_again("ok")) == {"no double send"}


def test_a_second_send_after_a_receipt_is_found() -> None:
    receipt = post(12, receipts=("d",))
    assert broken(sent_again("cut", receipt)) == {"no double send"}


@pytest.mark.parametrize("answered", ["cut", "gone"])
def test_a_second_send_after_a_lost_answer_is_counted_apart(answered: Answered) -> None:
    refused = post(12, receipts=("d",), status=503)
    too_late = post(28.5, receipts=("d",))
    events = sent_again(answered, refused, too_late)
    verdict = judge(events, books(events))
    assert not verdict.breaches
    assert verdict.figures["double sends not excludable"] == "1"


@pytest.mark.parametrize("process", ["worker-1", "postgres"])
def test_a_second_send_is_counted_apart_when_the_hearer_died(process: str) -> None:
    assert not broken(sent_again("ok", outage(process, 9.2, 15)))


@pytest.mark.parametrize("death", [outage("worker-2", 9.2, 15), outage("postgres", 12, 15)])
def test_another_death_excuses_no_second_send(death: Outage) -> None:
    assert broken(sent_again("ok", death)) == {"no double send"}


@pytest.mark.parametrize("state", ["requested", "sending", "in_doubt", "failed"])
def test_an_unsettled_row_is_found(state: str) -> None:
    clean = books(a_clean_run())
    assert broken(a_clean_run(), replace(clean, rows=clean.rows | {"d": state})) == {"settled"}


def test_a_row_and_a_send_without_each_other_are_found() -> None:
    clean = books(a_clean_run())
    assert broken(a_clean_run(), replace(clean, rows=clean.rows | {"x": "sent"})) == {"settled"}
    fewer = {tracker: state for tracker, state in clean.rows.items() if tracker != "d"}
    assert broken(a_clean_run(), replace(clean, rows=fewer)) == {"settled"}


@pytest.mark.parametrize("left", [{"waiting": 1}, {"dead": 1}, {"quarantined": 1}])
def test_what_is_left_in_the_mailboxes_is_found(left: dict[str, int]) -> None:
    assert broken(a_clean_run(), replace(books(a_clean_run()), **left)) == {"settled"}


def test_a_process_that_ended_by_itself_is_found() -> None:
    died = outage("worker-1", 20, 22, by_itself=True)
    assert broken([*a_clean_run(), died]) == {"steady"}
    assert not broken([*a_clean_run(), outage("worker-1", 20, 22)])


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    events = [*a_clean_run(), outage("redis", 1, 2)]
    record = Record(tmp_path / "suite.jsonl")
    for event in events:
        record.add(event)
    record.close()
    assert records.read(tmp_path) == events


def test_the_same_seed_throws_the_same_faults() -> None:
    drawn = [Dice(7).fault(GRAPH_ODDS, "send", number) for number in range(1000)]
    assert drawn == [Dice(7).fault(GRAPH_ODDS, "send", number) for number in range(1000)]
    assert set(drawn) == {"", *GRAPH_ODDS}
