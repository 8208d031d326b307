"""Picks and offers, manuscripts, systems that hand items in, quarantine, use and library standards."""

from jiyue.core import outbox
from jiyue.library.models import Resource
from jiyue.library.open_intake.clients import ClientPlan, register_client
from jiyue.library.open_intake.receiving import door_of, receive_item
from jiyue.library.services import submit_for_review
from jiyue.library.use.manuscripts import HandedIn, keep_manuscript, send_problem_back
from jiyue.library.use.models import Offer
from jiyue.library.use.offers import set_topics
from jiyue.library.use.picks import propose_pick
from tests.factories import World
from tests.matrix import GONE, Objects, Row, Things, everybody

ONLY_CLERK = everybody(403, entry_clerk=200)
ONLY_MANAGER = everybody(403, platform_manager=200)
TO_LIST = everybody(302)


def _of_unit_a(objects: Objects) -> str:
    return f"?unit={objects.world.unit_a.pk}"


def _client_form(objects: Objects) -> dict[str, object]:
    return {
        "name": "另一系统",
        "unit": objects.world.unit_a.code,
        "keeper": objects.world.author.login_name,
        "kinds": ["article"],
        "calls_per_minute": 10,
    }


def _words(objects: Objects) -> dict[str, object]:
    return {"text": "试"}


def _capture(objects: Objects) -> dict[str, object]:
    return {"mode": "reported", "title": "报送的信息"}


def _clerks_of(status: int, other: int = 404) -> tuple[dict, dict]:
    """Clerks of the own unit get `status`, clerks of another one `other`; nobody else comes in."""
    return everybody(403, entry_clerk=status), everybody(403, entry_clerk=other)


ROWS = (
    Row("manuscript", everybody(200), GONE, ("draft",)),
    Row("manuscript", everybody(403, entry_clerk=200), GONE, ("draft",), "post"),
    Row("manuscript_explain", TO_LIST, GONE, ("draft",)),
    Row("manuscript_explain", everybody(403, entry_clerk=302), GONE, ("draft",), "post", _words),
    Row("manuscript_problem", TO_LIST, GONE, ("draft",)),
    Row("manuscript_problem", everybody(403, entry_clerk=302), GONE, ("draft",), "post", _words),
    # The unit that handed a manuscript in sees the problem and answers; nobody else does.
    Row("manuscript_problem_detail", everybody(200), everybody(200), ("problem",)),
    Row("manuscript_problem_detail", everybody(200), GONE, ("own_problem",)),
    Row(
        "manuscript_problem_detail",
        everybody(403),
        everybody(403, entry_clerk=302),
        ("problem",),
        "post",
        _words,
    ),
    Row("pick_list", everybody(200)),
    Row("pick_search", ONLY_CLERK),
    Row("pick_search", *_clerks_of(200), query=_of_unit_a),
    Row("pick_search", everybody(403, entry_clerk=302), method="post"),
    Row(
        "pick_search",
        *_clerks_of(302),
        method="post",
        data=lambda objects: {"resource": objects.foreign.pk, "channel": objects.world.news.pk},
        query=_of_unit_a,
    ),
    Row(
        "pick_search",
        *_clerks_of(200),
        query=lambda objects: f"?channel={objects.world.news.pk}",
    ),
    Row("pick_decide", TO_LIST, GONE, ("pick",)),
    Row("pick_decide", TO_LIST, GONE, ("pick",), "post", lambda objects: {"decision": "confirm"}),
    Row("pick_end", TO_LIST, GONE, ("pick",)),
    Row("pick_end", TO_LIST, GONE, ("pick",), "post", lambda objects: {"reason": "试"}),
    Row("offer_decline", *_clerks_of(302), ("offer",)),
    Row("offer_decline", *_clerks_of(302), ("offer",), "post"),
    Row("channel_topics", *_clerks_of(200), ("channel",)),
    Row("channel_topics", *_clerks_of(302), ("channel",), "post", lambda objects: {"keywords": "集约"}),
    Row("capture", ONLY_CLERK),
    Row("capture", *_clerks_of(200), query=_of_unit_a),
    Row("capture", everybody(403, entry_clerk=302), method="post", data=_capture),
    Row("capture", *_clerks_of(302), method="post", data=_capture, query=_of_unit_a),
    Row("intake_client_list", ONLY_MANAGER),
    # The other unit's manager may name own units only: the choice is refused in the form.
    Row(
        "intake_client_list",
        everybody(403, platform_manager=200),
        everybody(403, platform_manager=200),
        method="post",
        data=_client_form,
    ),
    Row("intake_client_detail", ONLY_MANAGER, everybody(403, platform_manager=404), ("client",)),
    Row(
        "intake_client_detail",
        everybody(403, platform_manager=302),
        everybody(403, platform_manager=404),
        ("client",),
        "post",
        _client_form,
    ),
    Row(
        "intake_client_rotate",
        everybody(403, platform_manager=302),
        everybody(403, platform_manager=404),
        ("client",),
    ),
    Row("intake_client_rotate", ONLY_MANAGER, everybody(403, platform_manager=404), ("client",), "post"),
    Row(
        "intake_client_switch",
        everybody(403, platform_manager=302),
        everybody(403, platform_manager=404),
        ("client",),
    ),
    Row(
        "intake_client_switch",
        everybody(403, platform_manager=302),
        everybody(403, platform_manager=404),
        ("client",),
        "post",
        lambda objects: {"to": "off"},
    ),
    Row("quarantine_list", everybody(200)),
    Row("quarantine_item", everybody(200), GONE, ("item",)),
    Row(
        "quarantine_item",
        everybody(403, entry_clerk=302),
        GONE,
        ("item",),
        "post",
        lambda objects: {"decision": "refuse", "reason": "请补标题"},
    ),
    Row(
        "quarantine_item",
        everybody(403, entry_clerk=302),
        GONE,
        ("item",),
        "post",
        lambda objects: {"decision": "accept", "title": "补上"},
    ),
    Row("library_use", everybody(200)),
    Row("library_use", everybody(200), GONE, query=_of_unit_a),
    Row("correction_record_list", everybody(200)),
    Row("conformance", everybody(200)),
    Row("conformance", everybody(200), GONE, query=_of_unit_a),
    Row("conformance", everybody(404), query=lambda objects: "?standard=none"),
    Row("conformance", everybody(403, entry_clerk=200), method="post"),
    Row("conformance_export", everybody(200)),
    Row("conformance_export", everybody(200), GONE, query=_of_unit_a),
)


def make_things(world: World) -> Things:
    """One object of every sort, all of unit A; only one problem of a manuscript is for unit B to answer."""
    draft = world.draft(title="有原稿的")
    manuscript = keep_manuscript(
        resource=draft, handed_in=HandedIn(world.unit_b, text="原稿"), actor=world.author
    )
    own = keep_manuscript(
        resource=world.draft(title="自己的原稿"),
        handed_in=HandedIn(world.unit_a, text="原稿"),
        actor=world.author,
    )
    shown = world.draft(channels=[world.county_news], title="他栏目的")
    set_topics(channel=world.news, unit=world.unit_a, subjects=[], keywords=["他栏目"], actor=world.author)

    world.decide_all(submit_for_review(resource=shown, actor=world.author))
    outbox.drain()
    plan = ClientPlan(name="系统", unit=world.unit_a, keeper=world.author, kinds=["article"])
    client, _token = register_client(plan=plan, actor=world.manager)
    offer = Offer.objects.get()
    pick = propose_pick(
        resource_id=shown.pk, channel=world.news, unit=world.unit_a, actor=world.author, reason="合适"
    )
    Offer.objects.filter(pk=offer.pk).update(status="open")
    return {
        "draft": draft,
        "problem": send_problem_back(manuscript=manuscript, problem="不符", actor=world.author),
        "own_problem": send_problem_back(manuscript=own, problem="不符", actor=world.author),
        "client": client,
        "item": receive_item(payload={"source_id": "1", "title": "缺项"}, door=door_of(client)),
        "pick": pick,
        "offer": offer,
        "channel": world.news,
        "foreign": Resource.objects.filter(unit=world.unit_a).latest("pk"),
    }
