"""The open interface for business systems: `/intake/v1/`, described by its own `openapi.json` (LIB-14).

It only translates: tokens, JSON, answers. Whatever is sent is handed to the
library as it came; the metadata standard is checked there, so that an item with
faults goes into quarantine instead of being lost.
"""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.responses import Response
from ninja.security import HttpBearer

from jiyue.backoffice.numbers import read_key
from jiyue.core import audit, crypto
from jiyue.core.errors import DomainError
from jiyue.library.open_intake.clients import KeeperGone, NotAuthenticated, TooManyCalls, authenticate
from jiyue.library.open_intake.describing import batch_schema, describe_door, item_schema
from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.models import IntakeClient, IntakeItem
from jiyue.library.open_intake.receiving import (
    QuarantineFull,
    door_of,
    receive_many,
    require_open,
    status_of,
)
from jiyue.library.open_intake.repeating import Answer, KeyReused, answer_once
from jiyue.library.services.editing import ModeDisabled

MAX_BATCH_ITEMS = 200
MAX_LISTED = 100
_CHARSETS = frozenset({"utf-8", "utf8", "gb18030", "gbk", "gb2312"})
_STATUSES: dict[type[DomainError], int] = {
    NotAuthenticated: 401,
    KeeperGone: 403,
    ModeDisabled: 403,
    TooManyCalls: 429,
    QuarantineFull: 429,
    KeyReused: 409,
}
_ITEM_STATUSES = {ItemState.ACCEPTED: 201, ItemState.DUPLICATE: 200}


class Unreadable(DomainError):
    """A body that isn't JSON in an encoding we know, or is too large."""

    code = "unreadable"


class NotFound(DomainError):
    code = "not_found"


class Token(HttpBearer):
    """`Authorization: Bearer <token>`; every call is written down."""

    def __call__(self, request: HttpRequest) -> Any:
        """Read the header; a call without a token is refused like one with a wrong token."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, token.strip() if scheme.lower() == "bearer" else "")

    def authenticate(self, request: HttpRequest, token: str) -> IntakeClient:
        """The calling system."""
        address = request.META.get("REMOTE_ADDR", "")
        client = authenticate(token, address=address)
        audit.record(
            actor=client.keeper.audit_actor(address),
            verb="intake.called",
            subject_type="intake_client",
            subject_id=client.pk,
            method=request.method or "",
            address=request.path[:200],
        )
        return client


api = NinjaAPI(
    title="Jiyue open intake",
    version="1",
    description="Business systems hand items in; every item becomes a draft for full review.",
    docs_url=None,
    openapi_url=None,
    urls_namespace="intake",
    auth=Token(),
)


@api.exception_handler(DomainError)
def _refused(_request: HttpRequest, refusal: DomainError) -> HttpResponse:
    return Response(
        _error(refusal), status=_STATUSES.get(type(refusal), 404 if isinstance(refusal, NotFound) else 400)
    )


def _error(refusal: DomainError) -> dict[str, object]:
    return {
        "error": {
            "code": refusal.code,
            "message": str(refusal.message),
            "fix": str(refusal.fix),
            "field": refusal.field or "",
        }
    }


def _client(request: HttpRequest) -> IntakeClient:
    client: IntakeClient = request.auth  # type: ignore[attr-defined]  # set by the token
    return client


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _read_json(request: HttpRequest) -> Any:
    """The body as JSON values.

    Raises:
        Unreadable: Too large, not text in the named encoding, no JSON, or nested too deep.
    """
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    try:
        if charset not in _CHARSETS:
            raise UnicodeDecodeError(charset, b"", 0, 0, "unknown")
        return json.loads(request.body.decode(charset), parse_constant=_refuse_constant)
    except RequestDataTooBig as error:
        raise Unreadable(_("The call is too large."), fix=_("Send fewer or smaller items.")) from error
    except UnreadablePostError as error:
        raise Unreadable(_("The call broke off."), fix=_("Send it again.")) from error
    except UnicodeDecodeError as error:
        raise Unreadable(
            _("The text isn't in the encoding it is said to be in."),
            fix=_("Send UTF-8, or name the encoding: Content-Type: application/json; charset=gb18030."),
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            _("This isn't JSON, or it is nested too deep."), fix=_("Send an object as openapi.json says.")
        ) from error


def _once(request: HttpRequest, work: Callable[[], Answer]) -> HttpResponse:
    """Answer; a repeated call with an idempotency key gets its first answer again."""
    digest = crypto.sm3_hex(f"{request.method} {request.path}\n".encode() + request.body)
    key = request.headers.get("Idempotency-Key", "").strip()
    status, answer = answer_once(client=_client(request), key=key, digest=digest, work=work)
    return Response(answer, status=status)


def _body_extra(schema: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema()}}}}


@api.post("/items", summary="Hand one item in", openapi_extra=_body_extra(item_schema))
def post_item(request: HttpRequest) -> HttpResponse:
    """Taken in: 201. There already: 200. In quarantine, with what is wrong: 202."""
    door = door_of(_client(request))
    require_open(door)
    payload = _read_json(request)

    def work() -> Answer:
        (item,) = receive_many(payloads=[payload], door=door)
        return _ITEM_STATUSES.get(ItemState(item.state), 202), status_of(item)

    return _once(request, work)


@api.post("/batch", summary="Hand several items in", openapi_extra=_body_extra(batch_schema))
def post_batch(request: HttpRequest) -> HttpResponse:
    """One answer per item, in the same order; a faulty one keeps no other from being taken in."""
    door = door_of(_client(request))
    require_open(door)
    payload = _read_json(request)
    items = payload.get("items") if isinstance(payload, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_BATCH_ITEMS:
        raise Unreadable(
            _("A batch has between 1 and %(limit)d items.") % {"limit": MAX_BATCH_ITEMS},
            fix=_("Send {“items”: […]}."),
            field="items",
        )
    return _once(
        request, lambda: (200, {"items": [status_of(i) for i in receive_many(payloads=items, door=door)]})
    )


@api.get("/items", summary="What became of the newest items")
def list_items(request: HttpRequest, source_id: str = "", state: str = "") -> HttpResponse:
    """The system's own items, the newest first."""
    items = _own_items(request)
    if source_id:
        items = items.filter(source_id=source_id.replace("\x00", ""))
    if state in ItemState.values:
        items = items.filter(state=state)
    return Response({"items": [status_of(item) for item in items.order_by("-pk")[:MAX_LISTED]]})


@api.get("/items/{item_id}", summary="What became of one item")
def get_item(request: HttpRequest, item_id: str) -> HttpResponse:
    """Another system's item doesn't exist."""
    pk = read_key(item_id)
    item = _own_items(request).filter(pk=pk).first() if pk is not None else None
    if item is None:
        raise NotFound(_("There is no such item."), fix=_("Ask with the id of the first answer."))
    return Response(status_of(item))


@api.get("/standard", summary="The metadata standard, and what this system may name")
def get_standard(request: HttpRequest) -> HttpResponse:
    """Fields, kinds and channels."""
    return Response(describe_door(door_of(_client(request))))


@api.get("/openapi.json", include_in_schema=False)
def get_description(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # ninja passes it by name
    """This interface in OpenAPI."""
    return Response(api.get_openapi_schema())


def _own_items(request: HttpRequest) -> Any:
    return IntakeItem.objects.filter(client=_client(request)).select_related("resource__live__edition")
