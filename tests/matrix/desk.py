"""The desk of reviewers and submitters: trail of an item, recall, foreign numbers in each door."""

from tests.factories import World
from tests.matrix import GONE, Objects, Row, Things, everybody

# Whoever writes for the unit wrote or submitted it; a recall by anybody else is refused, not hidden.
ONLY_AUTHORS = everybody(409)


def _reason(objects: Objects) -> dict[str, object]:
    return {"reason": "附件放错"}


def _foreign_versions(objects: Objects) -> str:
    """Numbers of versions that only another item has."""
    return "?old=1&new=2"


def _foreign_step(objects: Objects) -> dict[str, object]:
    """The step of another case under this case's address."""
    other = objects.desk_other_case
    step = other.steps.get(status="open")
    return {"step": step.pk, "seen_digest": other.manifest_digest, "decision": "approve", "gates": step.gates}


ROWS = (
    Row("contribution_list", everybody(200)),
    Row("resource_trail", everybody(200), GONE, ("desk_item",)),
    Row("resource_trail_pdf", everybody(200), GONE, ("desk_item",)),
    Row("case_recall", everybody(302), GONE, ("desk_case",)),
    Row("case_recall", ONLY_AUTHORS, GONE, ("desk_case",), "post", _reason),
    # versions of another item, an item of another case, a step of another case
    Row("resource_compare", GONE, GONE, ("desk_item",), query=_foreign_versions),
    Row("case_item", GONE, GONE, ("desk_case", "desk_other_item")),
    Row("case_decide", everybody(400), GONE, ("desk_case",), "post", _foreign_step),
)


def make_things(world: World) -> Things:
    """Two cases of unit A, and the item of the first."""
    case, other = world.submitted(title="第一件"), world.submitted(title="第二件")
    key = int(case.items.get().subject_key)
    return {
        "desk_case": case,
        "desk_other_case": other,
        "desk_item": key,
        "desk_other_item": other.items.get(),
    }
