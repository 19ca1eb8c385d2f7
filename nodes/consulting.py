"""Ask the model: one request a turn.

A second one when a tool's result must be read, or when the draft breaks a rule or stops asking too
early: it is written anew, once, so that a false alarm or a slip costs the lead no answer.
"""

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import orjson

from domain.business import Business
from domain.errors import ModelError, ModelRefused
from domain.ports import ChatMessage
from domain.proposal import Proposal, SearchKnowledge, Tool, ToolCall
from nodes.context import prompt, request, small_enough
from nodes.deciding import broken, halts, worded
from nodes.turn import Turn

SEARCH_KNOWLEDGE = Tool(
    name="search_knowledge",
    description="Look up the business's knowledge when the answer is not in these instructions.",
    arguments=SearchKnowledge,
    reads=True,
)


def reading(business: Business) -> tuple[Tool, ...]:
    """The search, for a business whose knowledge does not fit into the prompt."""
    return () if small_enough(business) else (SEARCH_KNOWLEDGE,)


async def consult(turn: Turn, system: str, tools: Sequence[Tool]) -> Proposal:
    """What the model proposes; an empty proposal when none answered in time."""
    if sealed := turn.ports.turns.sealed(turn.id):
        return sealed
    now = turn.ports.clock().astimezone(ZoneInfo(turn.zone))
    messages = request(
        system,
        turn.talk,
        turn.ports.business,
        language=turn.language,
        now=now,
        zone_sure=turn.zone_sure,
    )
    until = asyncio.get_running_loop().time() + turn.ports.deadline
    try:
        async with asyncio.timeout_at(until):
            draft, messages = await _ask(turn, messages, tools)
    except ModelError as error:
        return Proposal(usage=error.usage, refused=isinstance(error, ModelRefused))
    except TimeoutError:
        return Proposal()
    if draft.answer and draft.answer.wants_human:  # a handoff's words are ours
        return draft
    spoken = turn.speaking(draft.answer.language) if draft.answer else turn
    rule = broken(spoken, draft) or ("missing" if halts(spoken, draft) else None)
    return await _anew(turn, messages, tools, draft, rule, until=until) if rule else draft


async def _anew(
    turn: Turn,
    messages: list[ChatMessage],
    tools: Sequence[Tool],
    draft: Proposal,
    rule: str,
    *,
    until: float,
) -> Proposal:
    """What the model writes in place of a draft that breaks a rule; the draft when there is none.

    `until` is on the event loop's clock.
    """
    told: list[ChatMessage] = [
        *messages,
        {"role": "assistant", "content": worded(draft)},
        {"role": "system", "content": prompt("again", turn.ports.business, rule=rule)},
    ]
    acting = [tool for tool in tools if not tool.reads]
    try:
        async with asyncio.timeout_at(until):
            second = await turn.ports.model.propose(told, acting, model=turn.knobs.model)
    except ModelError as error:
        return draft.model_copy(update={"usage": draft.usage.plus(error.usage)})
    except TimeoutError:
        return draft
    return second.hearing(draft).model_copy(update={"usage": draft.usage.plus(second.usage)})


async def _ask(
    turn: Turn, messages: list[ChatMessage], tools: Sequence[Tool]
) -> tuple[Proposal, list[ChatMessage]]:
    """What the model proposes, and all that it had read."""
    model = turn.ports.model
    proposal = await model.propose(messages, tools, model=turn.knobs.model)
    call = proposal.call
    if call is None or call.name != SEARCH_KNOWLEDGE.name:
        return proposal, messages
    found = await turn.ports.knowledge.search(SearchKnowledge(**call.arguments).query)
    acting = [tool for tool in tools if not tool.reads]
    messages = [*messages, *_exchange(call, found)]
    try:
        read = await model.propose(messages, acting, model=turn.knobs.model)
    except ModelError as error:
        return Proposal(usage=proposal.usage.plus(error.usage)), messages
    return read.model_copy(update={"usage": proposal.usage.plus(read.usage)}), messages


def _exchange(call: ToolCall, result: str) -> list[ChatMessage]:
    function = {"name": call.name, "arguments": orjson.dumps(call.arguments).decode()}
    asked = {"id": call.id, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        {"role": "tool", "tool_call_id": call.id, "content": result or "nothing found"},
    ]
