"""Routes in words: for whoever decides on a change of one, and for whoever submits along it (REV-12)."""

from django.utils.translation import gettext as _

from jiyue.organizations.enums import StaffRole, UnitKind
from jiyue.review.enums import Office, PaperKind, SortOfContent
from jiyue.review.routing import OWN, Level, Route


def level_words(level: Level) -> str:
    """What people call a level, who decides it, and what is signed there."""
    role = str(StaffRole(level.role).label)
    office = _("own unit") if level.unit == OWN else str(Office(level.unit).label)
    words = _("%(role)s (%(office)s)") % {"role": role, "office": office}
    if level.name:
        words = f"{level.name}: {words}"
    signed = [
        text
        for is_signed, text in ((level.gates, _("checklist")), (level.secrecy, _("secrecy review")))
        if is_signed
    ]
    return f"{words}; {', '.join(signed)}" if signed else words


def route_rows(route: Route) -> list[tuple[str, str]]:
    """Label and value of every field of a route that has a value."""
    rows = [
        (_("Name"), route.name),
        (_("Clause"), route.clause),
        (
            _("Levels"),
            "\n".join(f"{n}. {level_words(level)}" for n, level in enumerate(route.levels, start=2)),
        ),
        (_("Kinds of unit"), ", ".join(str(UnitKind(kind).label) for kind in route.unit_kinds)),
        (_("Sorts of content"), ", ".join(str(SortOfContent(sort).label) for sort in route.sorts)),
        (_("Websites"), ", ".join(route.sites)),
        (_("Only for websites of other units"), _("yes") if route.is_for_other_units else ""),
        (_("Only for government portals"), _("yes") if route.is_for_portal else ""),
        (_("Signed papers"), ", ".join(str(PaperKind(kind).label) for kind in route.papers)),
        (_("Documents only with their interpretation"), _("yes") if route.with_interpretation else ""),
        (_("Submitted by"), str(StaffRole(route.submitter_role).label)),
    ]
    return [(label, value) for label, value in rows if value]
