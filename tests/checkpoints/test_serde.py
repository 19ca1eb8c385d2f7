import base64
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Interrupt, Send
from pydantic import BaseModel

from checkpoints import Compact, Encrypted, KeyRing, Undecodable, strict

_OLD, _NEW = bytes(range(32)), bytes(range(32, 64))
_STATE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False)
    | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)  # fmt: skip

_UNHURRIED = settings(  # a busy machine is no failure
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)


@dataclass
class Danger:
    """Counts how often it was made."""

    made = 0
    value: int

    def __post_init__(self) -> None:
        Danger.made += 1


class Model(BaseModel):
    value: int


@_UNHURRIED
@given(_STATE)
def test_builtins_come_back_as_they_were(value: object) -> None:
    for serde in (Compact(), Encrypted(KeyRing([_NEW]))):
        assert serde.loads_typed(serde.dumps_typed(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        HumanMessage("hola", id="1"),
        AIMessage("", tool_calls=[{"name": "book", "args": {"slot": 1}, "id": "2"}]),
        ToolMessage("booked", tool_call_id="2"),
        Interrupt("may I?", id="3"),
        Send("reply", {"a": 1}),
        datetime(2026, 11, 22, tzinfo=UTC),
        Decimal("1.10"),
    ],
)
def test_messages_and_langgraphs_own_values_come_back(value: object) -> None:
    assert Compact().loads_typed(Compact().dumps_typed([value] * 9)) == [value] * 9


@pytest.mark.parametrize("value", [Danger(7), Model(value=7)])
def test_no_other_class_is_made_while_loading(value: object) -> None:
    stored = JsonPlusSerializer().dumps_typed([value])
    made = Danger.made
    assert Compact().loads_typed(stored) == [{"value": 7}]
    assert Danger.made == made


def test_the_old_json_that_makes_other_classes_is_refused() -> None:
    prompt = (
        b'{"lc":1,"type":"constructor","id":["langchain","prompts","base","BasePromptTemplate"]}'
    )
    for serde in (Compact(), strict().with_msgpack_allowlist([("a", "B")])):
        with pytest.raises(Undecodable, match="old JSON"):
            serde.loads_typed(("json", prompt))


def test_a_class_that_is_allowed_comes_back() -> None:
    stored = Encrypted(KeyRing([_NEW])).dumps_typed(Danger(7))
    assert Encrypted(KeyRing([_NEW]), strict(Danger)).loads_typed(stored) == Danger(7)
    names = [(Danger.__module__, "Danger")]
    for serde in (Compact(), Encrypted(KeyRing([_NEW]))):
        stored = serde.dumps_typed(Danger(7))
        assert serde.with_msgpack_allowlist(names).loads_typed(stored) == Danger(7)


def test_a_widened_sealed_serializer_still_refuses_plaintext() -> None:
    widened = Encrypted(KeyRing([_NEW])).with_msgpack_allowlist([("a", "B")])
    with pytest.raises(Undecodable, match="not encrypted"):
        widened.loads_typed(Compact().dumps_typed("in clear"))


def test_repetition_is_compressed_and_little_is_left_alone() -> None:
    kind, data = Compact().dumps_typed([HumanMessage("hola")] * 20)
    assert (kind, len(data) < 1000) == ("msgpack+zlib", True)
    assert Compact().dumps_typed("hola") == ("msgpack", b"\xa4hola")


@pytest.mark.parametrize("size", [0, 5])
def test_a_compressed_blob_that_is_cut_raises(size: int) -> None:
    with pytest.raises(Undecodable, match="cut short"):
        Compact().loads_typed(("msgpack+zlib", zlib.compress(b"x" * 5000)[:size]))


def test_a_blob_that_would_fill_the_memory_raises() -> None:
    bomb = zlib.compressobj(1)
    parts = [bomb.compress(bytes(1 << 20)) for _ in range(65)]
    with pytest.raises(Undecodable, match="far too large"):
        Compact().loads_typed(("msgpack+zlib", b"".join(parts) + bomb.flush()))


def test_the_newest_key_writes_and_every_key_reads() -> None:
    before, rotated = KeyRing([_OLD]), KeyRing([_NEW, _OLD])
    old = Encrypted(before).dumps_typed("secret")
    new = Encrypted(rotated).dumps_typed("secret")
    assert [Encrypted(rotated).loads_typed(stored) for stored in (old, new)] == ["secret"] * 2
    assert Encrypted(KeyRing([_NEW])).loads_typed(new) == "secret"
    with pytest.raises(Undecodable, match="not in the ring"):
        Encrypted(KeyRing([_NEW])).loads_typed(old)


def test_nothing_is_in_clear_and_no_two_blobs_are_alike() -> None:
    serde = Encrypted(KeyRing([_NEW]))
    one, other = (serde.dumps_typed("a secret" * 3) for _ in range(2))
    assert one[1] != other[1]
    assert b"secret" not in one[1]


def test_the_kind_of_a_blob_is_bound_to_it() -> None:
    kind, sealed = Encrypted(KeyRing([_NEW])).dumps_typed(b"\xa4hola")
    with pytest.raises(Undecodable, match="altered"):
        Encrypted(KeyRing([_NEW])).loads_typed((kind.replace("bytes", "msgpack"), sealed))


@_UNHURRIED
@given(st.text() | st.tuples(st.just("aesgcm"), st.text()).map(":".join), st.binary())
def test_what_is_not_sealed_by_a_key_of_the_ring_never_loads(kind: str, data: bytes) -> None:
    with pytest.raises(Undecodable):
        Encrypted(KeyRing([_NEW])).loads_typed((kind, data))


def test_a_ring_is_read_from_text() -> None:
    text = f"{base64.b64encode(_NEW).decode()}, {base64.urlsafe_b64encode(_OLD).decode()}"
    stored = Encrypted(KeyRing.parse(text)).dumps_typed("secret")
    assert Encrypted(KeyRing([_NEW])).loads_typed(stored) == "secret"


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "no base64!", "AAAA,", "ñ"])
def test_a_bad_ring_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a key") as caught:
        KeyRing.parse(text)
    assert not text or text not in str(caught.value)
