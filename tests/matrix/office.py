"""Sign-in, workbench, library, review, citizens' input and oversight."""

import io

from PIL import Image

from jiyue.core import clock
from jiyue.core.models import AuditEntry
from jiyue.interaction.models import CitizenMessage, CorrectionReport
from jiyue.library.services import store_media, submit_batch
from tests.factories import World
from tests.matrix import GONE, Objects, Row, Things, everybody

ONLY_CLERK = everybody(403, entry_clerk=200)
ONLY_LEADERS = everybody(403, leader_in_charge=200, principal_leader=200)
ONLY_OVERSIGHT = everybody(403, platform_manager=200, inspector=200)


def _decision(objects: Objects) -> dict[str, object]:
    step = objects.case.steps.get(status="open")
    digest = objects.case.manifest_digest
    data: dict[str, object] = {"step": step.pk, "seen_digest": digest, "decision": "approve", "opinion": ""}
    signed = {"gates": step.gates, "secrecy_result": "public", "secrecy_basis": "不涉密"}
    return data | signed


def _draft_form(objects: Objects) -> dict[str, object]:
    return {"base_number": 1, "kind": "article", "title": "改过的标题"}


ROWS = (
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
    Row("audit_entry", ONLY_OVERSIGHT, everybody(403, platform_manager=404, inspector=404), ("entry",)),
    Row(
        "audit_entry",
        everybody(403, platform_manager=302, inspector=302),
        everybody(403, platform_manager=404, inspector=404),
        ("entry",),
        "post",
        lambda objects: {"reason": "个人信息保护法第四十七条"},
    ),
    Row("audit_export", ONLY_OVERSIGHT),
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


def make_things(world: World) -> Things:
    """One object of every sort, all of unit A."""
    sent = {"site": world.portal, "text": "错字", "received_at": clock.now()}
    batch = submit_batch(
        resources=[world.draft(title="批次一"), world.draft(title="批次二")], title="批次", actor=world.author
    )
    media = store_media(unit=world.unit_a, original_name="图.png", data=_picture(), actor=world.author)
    return {
        "entry": AuditEntry.objects.filter(unit_id=world.unit_a.pk).order_by("pk")[0],
        "draft": world.draft(title="草稿"),
        "live": world.publish(title="公开稿件"),
        "case": world.submitted(title="在审稿件"),
        "batch": batch,
        "item": batch.items.order_by("position")[0],
        "media": media.name,
        "report": CorrectionReport.objects.create(submission_id="0" * 31 + "1", code_hash="a", **sent),
        "comment": CitizenMessage.objects.create(submission_id="0" * 31 + "2", code_hash="b", **sent),
    }
