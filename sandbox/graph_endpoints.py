"""The routes of the Graph API that the business calls: messages, media, templates, the number."""

import asyncio
import hmac
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from domain.values import Plain
from sandbox.graph_errors import GraphFault, missing, no_object
from sandbox.graph_faults import Faults, SendFault
from sandbox.graph_ids import trace
from sandbox.graph_media import LARGEST, described, multipart
from sandbox.graph_number import BusinessNumber
from sandbox.graph_rules import check_product, phone_number
from sandbox.graph_templates import template_page
from sandbox.graph_wire import LostAnswer, read_body, read_json, refused

SENDS = 2000
_OVERHEAD = 64 * 1024
_ON_REQUEST = ("health_status",)
_VERSION = re.compile(r"v\d{2}\.\d")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What answers the business. `sends` records its last 2,000 requests to /messages."""

    number: BusinessNumber
    faults: Faults
    token: bytes = field(repr=False)
    waba_id: str
    root: str
    sends: deque[Plain] = field(default_factory=lambda: deque[Plain](maxlen=SENDS))

    def routes(self) -> list[Route]:
        return [
            Route("/{version}/{node}/messages", self._messages, methods=["POST"]),
            Route("/{version}/{node}/media", self._upload, methods=["POST"]),
            Route("/{version}/{node}/message_templates", self._templates),
            Route("/{version}/{node}", self._node),
            Route("/{version}/{node}", self._delete, methods=["DELETE"]),
            Route("/_media/", self._download),
        ]

    def _authorise(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), self.token):
            raise GraphFault(190, "Cannot parse access token")
        version = request.path_params.get("version")
        if version is not None and not _VERSION.fullmatch(version):
            raise GraphFault(2500, f"Unknown path components: {request.url.path}")

    def _authorise_number(self, request: Request) -> None:
        self._authorise(request)
        if request.path_params["node"] != self.number.id:
            raise no_object(request.path_params["node"])

    async def _messages(self, request: Request) -> Response:
        self._authorise_number(request)
        body = await read_json(request)
        record: Plain = {"at": self.number.clock().isoformat(), "body": body}
        self.sends.append(record)
        try:
            response = await self._take(body)
        except GraphFault as fault:
            record["answer"] = {"status": fault.status, "code": fault.code}
            raise
        record["answer"] = {"status": response.status_code}
        return response

    async def _take(self, body: Plain) -> Response:
        if "status" in body:
            return JSONResponse(self.number.mark_read(body))
        fault = self.faults.next_send(_recipient(body))
        if fault is None:
            return JSONResponse(self.number.accept(body))
        return await self._take_badly(body, fault)

    async def _take_badly(self, body: Plain, fault: SendFault) -> Response:
        if fault.kind == "refuse":
            raise GraphFault(fault.code, "Fault injected by the sandbox")
        if fault.kind == "garbage":
            return PlainTextResponse("<html><h1>502 Bad Gateway</h1></html>", status_code=502)
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        undelivered = fault.code if fault.kind == "undelivered" else None
        answer = self.number.accept(body, undelivered=undelivered)
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        return LostAnswer() if fault.kind == "lost" else JSONResponse(answer)

    async def _upload(self, request: Request) -> Response:
        self._authorise_number(request)
        content_type = request.headers.get("content-type", "")
        parts = multipart(content_type, await read_body(request, LARGEST + _OVERHEAD))
        check_product({name: part.data.decode(errors="replace") for name, part in parts.items()
                       if name != "file"})  # fmt: skip
        if "file" not in parts:
            raise missing("file")
        if fault := self.faults.next_upload():
            raise GraphFault(fault.code, "Fault injected by the sandbox")
        upload = parts["file"]
        declared = parts["type"].data.decode(errors="replace") if "type" in parts else ""
        mime_type = declared if "/" in declared else upload.mime_type
        media = self.number.media.add(upload.data, mime_type, upload.filename or "file")
        return JSONResponse({"id": media.id})

    async def _download(self, request: Request) -> Response:
        self._authorise(request)
        query = request.query_params
        media = self.number.media.download(
            query.get("mid", ""), query.get("ext", ""), query.get("hash", ""), self.number.clock()
        )
        return Response(media.data, media_type=media.mime_type)

    async def _templates(self, request: Request) -> Response:
        self._authorise(request)
        if request.path_params["node"] != self.waba_id:
            raise no_object(request.path_params["node"])
        listed = [t.plain(i) for i, t in self.number.templates.items()]
        return JSONResponse(template_page(listed, request.query_params))

    async def _node(self, request: Request) -> Response:
        self._authorise(request)
        node_id = request.path_params["node"]
        if node_id == self.number.id:
            node = self.number.node(node_id) | {"health_status": self._health()}
            return JSONResponse(_selected(node, request.query_params.get("fields")))
        media = self.number.media.get(node_id)
        address = self.number.media.address(media.id, self.root, self.number.clock())
        return JSONResponse(described(media, address))

    def _health(self) -> Plain:
        ids = {"PHONE_NUMBER": self.number.id, "WABA": self.waba_id, "BUSINESS": "506", "APP": "67"}
        entities = [
            {"entity_type": kind, "id": entity_id, "can_send_message": "AVAILABLE"}
            for kind, entity_id in ids.items()
        ]
        return {"can_send_message": "AVAILABLE", "entities": entities}

    async def _delete(self, request: Request) -> Response:
        self._authorise(request)
        self.number.media.delete(request.path_params["node"])
        return JSONResponse({"success": True})

    async def refuse(self, _: Request, error: Exception) -> Response:
        """The answer to a GraphFault."""
        if not isinstance(error, GraphFault):
            raise error
        return refused(error, trace(self.number.dice))

    async def no_path(self, request: Request, _: Exception) -> Response:
        """The answer where there is no route."""
        fault = GraphFault(2500, f"Unknown path components: {request.url.path}")
        return refused(fault, trace(self.number.dice))


def _recipient(body: Plain) -> str | None:
    try:
        return phone_number(body.get("to"))
    except GraphFault:
        return None


def _selected(node: Plain, fields: str | None) -> dict[str, Any]:
    """The fields asked for, and always the id. Raises GraphFault 100 for one that is not there."""
    wanted = fields.split(",") if fields else [name for name in node if name not in _ON_REQUEST]
    for name in wanted:
        if name not in node:
            raise GraphFault(100, f"Tried accessing nonexisting field ({name})")
    return {name: value for name, value in node.items() if name in {*wanted, "id"}}
