"""Vocabularies, foreign terms, sources, added reviews, and the chooser of documents.

Vocabularies and sources hold for the whole platform: there is no other unit's.
Unit A and B both stand at the top.
"""

from datetime import date

from jiyue.library.catalogue.enums import SourceKind
from jiyue.library.catalogue.services import SourceEntry, enter_source
from jiyue.organizations.enums import StaffRole
from tests.factories import World, make_account
from tests.matrix import GONE, Objects, Row, Things, everybody

ONLY_MANAGER = everybody(403, platform_manager=200)
REVIEWERS = everybody(403, review_lead=302, leader_in_charge=302, principal_leader=302)


def _source(objects: Objects) -> dict[str, object]:
    return {"name": "云亭新闻网", "kind": "official_media", "listed_from": "2026-01-01"}


def _mapping(objects: Objects) -> dict[str, object]:
    return {"taxonomy": "genre", "foreign": "通知类", "term": "通知"}


def _review(objects: Objects) -> dict[str, object]:
    return {
        "seen_digest": objects.digest,
        "is_passed": "yes",
        "content_opinion": "内容属实",
        "secrecy_basis": "不涉密",
    }


ROWS = (
    Row("taxonomy_list", everybody(200)),
    Row("taxonomy_detail", everybody(200), keys=("taxonomy",)),
    Row("taxonomy_propose", ONLY_MANAGER, keys=("taxonomy",)),
    Row("taxonomy_propose", ONLY_MANAGER, keys=("taxonomy",), method="post"),
    Row("term_mapping_list", ONLY_MANAGER),
    Row(
        "term_mapping_list",
        everybody(403, platform_manager=302),
        method="post",
        data=_mapping,
    ),
    Row("source_list", everybody(200)),
    Row("source_create", ONLY_MANAGER),
    Row("source_create", everybody(403, platform_manager=302), method="post", data=_source),
    Row("source_edit", ONLY_MANAGER, keys=("source",)),
    Row("source_edit", everybody(403, platform_manager=302), keys=("source",), method="post", data=_source),
    Row("relation_targets", everybody(403, entry_clerk=200)),
    Row(
        "relation_targets",
        everybody(403, entry_clerk=200),
        everybody(403, entry_clerk=404),
        query=lambda objects: f"?unit={objects.world.unit_a.pk}&q=办法",
    ),
    Row("added_review", everybody(200), GONE, ("item",)),
    Row("added_review", REVIEWERS, GONE, ("item",), "post", _review),
)


def make_things(world: World) -> Things:
    """A source, and a repost of unit A."""
    manager = make_account("catalogue", world.unit_a, StaffRole.PLATFORM_MANAGER)
    entry = SourceEntry("澜江论坛", SourceKind.OTHER, date(2020, 1, 1))
    item = world.draft(is_repost=True, source="澜江论坛", source_url="https://lt.example/1")
    return {
        "taxonomy": "genre",
        "source": enter_source(entry=entry, actor=manager),
        "item": item,
        "digest": item.revisions.get().digest,
    }
