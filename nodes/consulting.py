"""Ask the model: one request a turn, a second one only when a tool's result must be read."""

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import orjson

from domain.business import Business
from domain.errors import ModelError
from domain.ports import ChatMessage
from domain.proposal import Proposal, SearchKnowledge, Tool, ToolCall
from nodes.context import request, small_enough
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
    try:
        async with asyncio.timeout(turn.ports.deadline):
            return await _ask(turn, messages, tools)
    except ModelError as error:
        return Proposal(usage=error.usage)
    except TimeoutError:
        return Proposal()


async def _ask(turn: Turn, messages: list[ChatMessage], tools: Sequence[Tool]) -> Proposal:
    model = turn.ports.model
    proposal = await model.propose(messages, tools, model=turn.knobs.model)
    call = proposal.call
    if call is None or call.name != SEARCH_KNOWLEDGE.name:
        return proposal
    found = await turn.ports.knowledge.search(SearchKnowledge(**call.arguments).query)
    acting = [tool for tool in tools if not tool.reads]
    try:
        read = await model.propose(
            [*messages, *_exchange(call, found)], acting, model=turn.knobs.model
        )
    except ModelError as error:
        return Proposal(usage=proposal.usage.plus(error.usage))
    return read.model_copy(update={"usage": proposal.usage.plus(read.usage)})


def _exchange(call: ToolCall, result: str) -> list[ChatMessage]:
    function = {"name": call.name, "arguments": orjson.dumps(call.arguments).decode()}
    asked = {"id": call.id, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        {"role": "tool", "tool_call_id": call.id, "content": result or "nothing found"},
    ]
