import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bant import POINTS, qualified, score
from domain.lead import BANT, FACT_FIELDS, Fact, FactField
from tests.crm.made import fact

facts_said = st.dictionaries(
    st.sampled_from(FACT_FIELDS), st.one_of(st.none(), st.text(min_size=1, max_size=9))
).map(lambda said: {field: fact(field, value) for field, value in said.items()})


def test_nothing_known_is_no_score_rather_than_zero() -> None:
    assert score({}).total is None
    assert set(score({}).parts.values()) == {None}


def test_a_declined_part_is_zero_and_an_unknown_one_none() -> None:
    marked = score({"budget": fact("budget", None), "need": fact("need", "a CRM")})
    assert marked.parts == {"budget": 0, "authority": None, "need": 25, "timeline": None}
    assert marked.total == 25


def test_only_declined_is_zero() -> None:
    assert score({"budget": fact("budget", None)}).total == 0


def test_the_reasons_tell_the_arithmetic() -> None:
    marked = score({"budget": fact("budget", "5000 MXN"), "need": fact("need", None)})
    assert marked.reasons == (
        "budget: 5000 MXN, +25",
        "authority: not known yet",
        "need: declined, +0",
        "timeline: not known yet",
    )


@pytest.mark.parametrize("left_out", BANT)
def test_qualified_needs_every_required_fact(left_out: FactField) -> None:
    facts: dict[FactField, Fact] = {field: fact(field, "said") for field in BANT}
    assert qualified(facts)
    assert not qualified({**facts, left_out: fact(left_out, None)})
    others: tuple[FactField, ...] = tuple(field for field in BANT if field != left_out)
    del facts[left_out]
    assert not qualified(facts)
    assert qualified(facts, required=others)


@given(facts_said)
def test_the_total_is_the_sum_of_the_parts_that_are_known(
    facts: dict[FactField, Fact],
) -> None:
    marked = score(facts)
    said: list[FactField] = [field for field in BANT if field in facts]
    worth = POINTS * sum(facts[field].value is not None for field in said)
    assert marked.total == (worth if said else None)
    assert {field for field, part in marked.parts.items() if part is not None} == set(said)
    assert qualified(facts) == (marked.total == 100)


@given(facts_said)
def test_facts_outside_bant_count_nothing(facts: dict[FactField, Fact]) -> None:
    assert score(facts) == score({f: fact for f, fact in facts.items() if f in BANT})
