"""Every address of the back office × every role × own and other unit → the expected status.

An address that is missing from the table fails. The table is read from left to
right: anonymous, one factor only, then the roles, first of the unit that owns
the objects, then of another unit.
"""

import copy
import io
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from PIL import Image

from jiyue.backoffice.tests.clients import both_factors, one_factor
from jiyue.core import clock
from jiyue.interaction.models import CitizenMessage, CorrectionReport
from jiyue.library.models import MediaFile, Resource
from jiyue.library.services import store_media, submit_batch
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review.models import ReviewCase
from tests.factories import World, make_account

CLERK, LEAD, LEADER, PRINCIPAL, MANAGER, INSPECTOR = (
    StaffRole.ENTRY_CLERK,
    StaffRole.REVIEW_LEAD,
    StaffRole.LEADER_IN_CHARGE,
    StaffRole.PRINCIPAL_LEADER,
    StaffRole.PLATFORM_MANAGER,
    StaffRole.INSPECTOR,
)
ROLES = tuple(StaffRole)
Statuses = dict[StaffRole, int]


def everybody(status: int, **others: int) -> Statuses:
    """The same status for every role, except the named ones."""
    named = {StaffRole[name.upper()]: value for name, value in others.items()}
    return dict.fromkeys(ROLES, status) | named


@dataclass(frozen=True)
class Row:
    """What one request to one address must answer.

    Attributes:
        name: Name of the address.
        own: Status by role for accounts of the unit that owns the object.
        other: Status by role for accounts of another unit; as `own` where the
            address names no object.
        keys: Names of the objects in the address.
        method: GET or POST.
        data: What is posted, from the objects.
        outside: Status without any session, and with one factor only.
    """

    name: str
    own: Statuses
    other: Statuses | None = None
    keys: tuple[str, ...] = ()
    method: str = "get"
    data: Callable[["Objects"], dict[str, object]] = lambda objects: {}
    outside: tuple[int, int] = (302, 302)
    query: Callable[["Objects"], str] = field(default=lambda objects: "")


@dataclass(frozen=True)
class Objects:
    """What the addresses name; all of it belongs to unit A."""

    world: World
    draft: Resource
    live: Resource
    case: ReviewCase
    batch: ReviewCase
    media: MediaFile
    report: CorrectionReport
    comment: CitizenMessage

    def key(self, name: str) -> object:
        """The part of the address for one object."""
        if name == "item":
            return self.batch.items.order_by("position")[0].pk
        if name == "media":
            return self.media.name
        return getattr(self, name).pk


GONE = everybody(404)
ONLY_CLERK = everybody(403, entry_clerk=200)
ONLY_LEADERS = everybody(403, leader_in_charge=200, principal_leader=200)
ONLY_OVERSIGHT = everybody(403, platform_manager=200, inspector=200)


def _decision(objects: Objects) -> dict[str, object]:
    step = objects.case.steps.get(status="open")
    digest = objects.case.manifest_digest
    return {"step": step.pk, "seen_digest": digest, "decision": "approve", "opinion": ""}


def _draft_form(objects: Objects) -> dict[str, object]:
    return {"base_number": 1, "kind": "article", "title": "改过的标题"}


TABLE = (
    Row("sign_in", everybody(302), outside=(200, 200)),
    Row("sign_in_code", everybody(302)),
    Row("sign_out", everybody(302)),
    Row("sign_out", everybody(302), method="post"),
    Row("icon_sprite", everybody(200), outside=(200, 200)),
    Row("script_texts", everybody(200), outside=(200, 200)),
    Row("workbench", everybody(200)),
    Row("resource_list", everybody(200)),
    Row("resource_create", ONLY_CLERK),
    Row("resource_create", everybody(403, entry_clerk=302), method="post", data=_draft_form),
    Row(
        "resource_create",
        ONLY_CLERK,
        everybody(403, entry_clerk=404),
        query=lambda objects: f"?unit={objects.world.unit_a.pk}",
    ),
    Row("resource_batch", ONLY_CLERK),
    Row("resource_batch", ONLY_CLERK, method="post"),
    Row("resource_detail", everybody(200), GONE, ("draft",)),
    Row("resource_edit", ONLY_CLERK, GONE, ("draft",)),
    Row("resource_edit", everybody(403, entry_clerk=302), GONE, ("draft",), "post", _draft_form),
    Row("resource_preview", everybody(200), GONE, ("draft",)),
    Row("resource_history", everybody(200), GONE, ("draft",)),
    Row("resource_compare", everybody(200), GONE, ("draft",)),
    Row("resource_submit", ONLY_CLERK, GONE, ("draft",)),
    Row("resource_submit", everybody(403, entry_clerk=302), GONE, ("draft",), "post"),
    Row("resource_withdraw", ONLY_LEADERS, GONE, ("live",)),
    Row(
        "resource_withdraw",
        everybody(403, leader_in_charge=302, principal_leader=302),
        GONE,
        ("live",),
        "post",
        lambda objects: {"reason_type": "other", "reason": "试"},
    ),
    Row("import", ONLY_CLERK),
    Row("import", ONLY_CLERK, method="post"),
    Row(
        "import",
        ONLY_CLERK,
        everybody(403, entry_clerk=404),
        method="post",
        query=lambda objects: f"?unit={objects.world.unit_a.pk}",
    ),
    Row("case_list", everybody(200)),
    Row("case_detail", everybody(200), GONE, ("case",)),
    Row("case_detail", everybody(200), GONE, ("batch",)),
    Row("case_item", everybody(200), GONE, ("batch", "item")),
    Row("case_decide", everybody(302), GONE, ("case",)),
    Row("case_decide", everybody(409, review_lead=302), GONE, ("case",), "post", _decision),
    Row("media_file", everybody(200), GONE, ("media",)),
    Row("media_upload", everybody(403, entry_clerk=400), method="post"),
    Row("report_list", everybody(200)),
    Row("report_detail", everybody(200), GONE, ("report",)),
    Row("comment_list", everybody(200)),
    Row("comment_detail", everybody(200), GONE, ("comment",)),
    Row("audit_list", ONLY_OVERSIGHT),
    Row("audit_verify", everybody(403, platform_manager=302, inspector=302)),
    Row("audit_verify", ONLY_OVERSIGHT, method="post"),
    Row("outbox_board", ONLY_OVERSIGHT),
    Row("outbox_retry", everybody(403, platform_manager=302)),
    Row("outbox_retry", everybody(403, platform_manager=302), method="post"),
)


def _picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def objects(world: World) -> Objects:
    """One object of every sort, all of unit A."""
    sent = {"site": world.portal, "text": "错字", "received_at": clock.now()}
    return Objects(
        world=world,
        draft=world.draft(title="草稿"),
        live=world.publish(title="公开稿件"),
        case=world.submitted(title="在审稿件"),
        batch=submit_batch(
            resources=[world.draft(title="批次一"), world.draft(title="批次二")],
            title="批次",
            actor=world.author,
        ),
        media=store_media(unit=world.unit_a, original_name="图.png", data=_picture(), actor=world.author),
        report=CorrectionReport.objects.create(submission_id="0" * 31 + "1", code_hash="a", **sent),
        comment=CitizenMessage.objects.create(submission_id="0" * 31 + "2", code_hash="b", **sent),
    )


@pytest.fixture
def people(world: World) -> dict[tuple[str, StaffRole], StaffAccount]:
    """One account per role in both units; the clerk of unit A isn't the author of the objects."""
    units = {"own": world.unit_a, "other": world.unit_b}
    return {
        (side, role): make_account(f"{side}-{role}", unit, role)
        for side, unit in units.items()
        for role in ROLES
    }


def _ask(client: Client, row: Row, objects: Objects) -> int:
    """Send the request and undo whatever it did."""
    address = reverse(f"backoffice:{row.name}", args=[objects.key(name) for name in row.keys])
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        data = row.data(objects) if row.method == "post" else {}
        send = getattr(client, row.method)
        status = send(address + row.query(objects), data).status_code
        transaction.set_rollback(True)
    client.cookies = cookies
    return int(status)


@pytest.mark.req("SEC-09")
def test_every_address_answers_every_role_as_the_table_says(objects, people):
    cache.clear()
    wrong = []
    clients = {key: both_factors(account) for key, account in people.items()}
    outsiders = (Client(), one_factor(objects.world.author))
    for row in TABLE:
        for client, expected, who in zip(outsiders, row.outside, ("anonymous", "one factor"), strict=True):
            status = _ask(client, row, objects)
            if status != expected:
                wrong.append(f"{row.method} {row.name} {who}: {status}, not {expected}")
        for (side, role), client in clients.items():
            expected = (row.own if side == "own" or row.other is None else row.other)[role]
            status = _ask(client, row, objects)
            if status != expected:
                wrong.append(f"{row.method} {row.name} {side} {role}: {status}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_every_address_is_in_the_table():
    _prefix, resolver = get_resolver().namespace_dict["backoffice"]
    names = {name for name in resolver.reverse_dict if isinstance(name, str)}
    assert names == {row.name for row in TABLE}


def test_every_address_is_asked_with_both_methods_it_answers():
    """A view that takes POST is in the table with POST, so that no writing door is forgotten."""
    _prefix, resolver = get_resolver().namespace_dict["backoffice"]
    asked = {(row.name, row.method) for row in TABLE}
    missing = [
        pattern.name
        for pattern in resolver.url_patterns
        if hasattr(getattr(pattern.callback, "view_class", None), "post")
        and (pattern.name, "post") not in asked
        and pattern.name not in ("sign_in", "sign_in_code")  # tested step by step in the room
    ]
    assert missing == []
