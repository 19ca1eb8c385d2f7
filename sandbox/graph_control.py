"""The stand-in's own routes under /_sandbox: what happened, what shall go wrong, the leads' side.

They ask for no token: the stand-in belongs on loopback.
"""

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.values import Plain
from sandbox.graph_errors import GraphFault
from sandbox.graph_faults import Faults, SendFault, WebhookFaults
from sandbox.graph_fields import degrees, json_object, one_of, only, text
from sandbox.graph_leads import Leads
from sandbox.graph_media import LARGEST
from sandbox.graph_phones import ChatMessage, Phone
from sandbox.graph_wire import read_body, read_json

_SEND_FAULT = TypeAdapter(SendFault)
_WEBHOOK_FAULTS = TypeAdapter(WebhookFaults)
_ACTS: dict[str, Callable[[Leads, str, Plain], Awaitable[str]]] = {
    "text": lambda leads, phone, act: leads.say(
        phone, text(act, "text", 4096), quoted=act.get("quoted")
    ),
    "tap": lambda leads, phone, act: leads.tap(phone, text(act, "id", 256), of=act.get("of")),
    "react": lambda leads, phone, act: leads.react(
        phone, text(act, "to", 512), str(act.get("emoji", ""))
    ),
    "location": lambda leads, phone, act: leads.send_location(
        phone,
        degrees(act, "latitude", 90),
        degrees(act, "longitude", 180),
        name=str(act.get("name", "")),
    ),
    "raw": lambda leads, phone, act: leads.send(
        phone, json_object(act, "message"), quoted=act.get("quoted")
    ),
}


@dataclass(frozen=True, slots=True)
class Control:
    """`sends` is the live record of the requests to the Graph API."""

    leads: Leads
    faults: Faults
    sends: Iterable[Plain]

    def routes(self) -> list[Route]:
        chat = "/_sandbox/chats/{phone}"
        return [
            Route("/_sandbox/state", self._state),
            Route("/_sandbox/sends", self._list_sends),
            Route("/_sandbox/webhooks", self._list_webhooks),
            Route("/_sandbox/chats", self._list_chats),
            Route(chat, self._chat),
            Route(chat, self._set_phone, methods=["PATCH"]),
            Route(f"{chat}/messages", self._act, methods=["POST"]),
            Route(f"{chat}/files", self._send_file, methods=["POST"]),
            Route(f"{chat}/read", self._read, methods=["POST"]),
            Route("/_sandbox/faults", self._add_faults, methods=["POST"]),
            Route("/_sandbox/faults", self._clear_faults, methods=["DELETE"]),
        ]

    async def _state(self, _: Request) -> Response:
        return JSONResponse(
            {
                "chats": sum(1 for _ in self.leads.number.phones),
                "webhooks_pending": self.leads.number.webhooks.pending,
                "webhooks_dropped": self.leads.number.webhooks.dropped,
                "faults": self.faults.plain(),
            }
        )

    async def _list_sends(self, request: Request) -> Response:
        return JSONResponse({"data": _newest(self.sends, request)})

    async def _list_webhooks(self, request: Request) -> Response:
        newest = _newest(self.leads.number.webhooks.records, request)
        posts = [{**post, "body": json.loads(post["body"])} for post in newest]
        return JSONResponse({"data": posts})

    async def _list_chats(self, _: Request) -> Response:
        return JSONResponse({"data": [_phone(phone) for phone in self.leads.number.phones]})

    async def _chat(self, request: Request) -> Response:
        phone = self.leads.phone(request.path_params["phone"])
        messages = [_message(message) for message in phone.messages]
        return JSONResponse({**_phone(phone), "messages": messages})

    async def _act(self, request: Request) -> Response:
        act = await read_json(request)
        kind = one_of(act, "type", _ACTS)
        self.leads.phone(request.path_params["phone"], name=act.get("name"))
        wamid = await _ACTS[kind](self.leads, request.path_params["phone"], act)
        return JSONResponse({"id": wamid})

    async def _send_file(self, request: Request) -> Response:
        wamid = await self.leads.send_file(
            request.path_params["phone"],
            await read_body(request, LARGEST),
            mime_type=request.headers.get("content-type", ""),
            filename=request.query_params.get("filename", "file"),
            caption=request.query_params.get("caption", ""),
        )
        return JSONResponse({"id": wamid})

    async def _read(self, request: Request) -> Response:
        return JSONResponse({"read": await self.leads.read(request.path_params["phone"])})

    async def _set_phone(self, request: Request) -> Response:
        change = await read_json(request)
        only(change, ("name", "username", "receipts", "reachable"), "request")
        phone = self.leads.phone(
            request.path_params["phone"], name=change.get("name"), username=change.get("username")
        )
        if "receipts" in change:
            one_of(change, "receipts", ("sent", "delivered", "read"))
            phone.receipts = change["receipts"]
        phone.reachable = bool(change.get("reachable", phone.reachable))
        return JSONResponse(_phone(phone))

    async def _add_faults(self, request: Request) -> Response:
        _add_fault(self.faults, await read_json(request))
        return JSONResponse(self.faults.plain())

    async def _clear_faults(self, _: Request) -> Response:
        self.leads.number.webhooks.release()
        self.faults.clear()
        return JSONResponse(self.faults.plain())


def _newest(records: Iterable[Plain], request: Request) -> list[Plain]:
    limit = request.query_params.get("limit", "100")
    return list(records)[-int(limit if limit.isdecimal() and limit != "0" else "100") :]


def _add_fault(faults: Faults, wanted: Plain) -> None:
    only(wanted, ("send", "webhooks"), "request")
    try:
        if wanted.get("send"):
            faults.add(_SEND_FAULT.validate_python(wanted["send"]))
        if wanted.get("webhooks"):
            faults.webhooks = _WEBHOOK_FAULTS.validate_python(wanted["webhooks"])
    except ValidationError as error:
        raise GraphFault(100, f"not a fault: {error}") from error


def _phone(phone: Phone) -> Plain:
    return {
        "phone": phone.number,
        "bsuid": phone.bsuid,
        "name": phone.name,
        "username": phone.username,
        "receipts": phone.receipts,
        "reachable": phone.reachable,
        "typing_until": phone.typing_until and phone.typing_until.isoformat(),
        "last_inbound_at": phone.last_inbound_at and phone.last_inbound_at.isoformat(),
    }


def _message(message: ChatMessage) -> Plain:
    return {**asdict(message), "at": message.at.isoformat()}
