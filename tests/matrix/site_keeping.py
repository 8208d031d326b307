"""The web archive, search engines and referrals: for those who look after the site, unit A's portal."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.uploadedfile import SimpleUploadedFile

from jiyue.core import clock, two_person
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.webarchive.capturing import capture_site
from jiyue.publishing.webarchive.models import ArchiveMark, CapturedPage
from jiyue.publishing.webarchive.services import Target, propose_archiving
from tests.factories import World, make_account
from tests.matrix import Objects, Row, Things, everybody

KEEPERS = everybody(403, review_lead=200, platform_manager=200, general_owner=200)
DONE = everybody(403, review_lead=302, platform_manager=302, general_owner=302)
GONE_FOR_KEEPERS = everybody(403, review_lead=404, platform_manager=404, general_owner=404)

_LEADERS = {StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER}
SEEN = KEEPERS | dict.fromkeys(_LEADERS, 200)
WITHDRAWN = KEEPERS | dict.fromkeys(_LEADERS, 302)
GONE_FOR_SEEN = GONE_FOR_KEEPERS | dict.fromkeys(_LEADERS, 404)


def _proposal(objects: Objects) -> dict[str, object]:
    return {"site": objects.world.portal.pk, "channel": objects.world.news.pk, "reason": "旧"}


def _figure(objects: Objects) -> dict[str, object]:
    return {"engine": "baidu", "counted_on": "2026-01-05", "indexed_pages": "7", "source": "站长平台"}


def _file(objects: Objects) -> dict[str, object]:
    lines = "engine,counted_on,indexed_pages,source\nbaidu,2026-01-05,7,站长平台\n"
    return {"file": SimpleUploadedFile("a.csv", lines.encode())}


ROWS = (
    Row("webarchive_captures", SEEN),
    Row("webarchive_capture", SEEN, GONE_FOR_SEEN, ("capture",)),
    Row("webarchive_page", SEEN, GONE_FOR_SEEN, ("captured",)),
    Row("webarchive_page", WITHDRAWN, GONE_FOR_SEEN, ("captured",), "post", lambda objects: {"reason": "旧"}),
    Row("webarchive_list", KEEPERS),
    Row("webarchive_propose", KEEPERS),
    Row("webarchive_propose", DONE, KEEPERS, method="post", data=_proposal),
    Row("webarchive_restore", KEEPERS, GONE_FOR_KEEPERS, ("mark",)),
    Row("webarchive_restore", DONE, GONE_FOR_KEEPERS, ("mark",), "post", lambda objects: {"reason": "试"}),
    Row("visits", DONE, KEEPERS),
    Row("site_visits", KEEPERS, GONE_FOR_KEEPERS, ("site",)),
    Row("site_visits", DONE, GONE_FOR_KEEPERS, ("site",), "post", _figure),
    Row("site_visits_import", DONE, GONE_FOR_KEEPERS, ("site",)),
    Row("site_visits_import", DONE, GONE_FOR_KEEPERS, ("site",), "post", _file),
    Row("site_visits_export", KEEPERS, GONE_FOR_KEEPERS, ("site",)),
    Row(
        "site_visits_export",
        everybody(403, review_lead=404, platform_manager=404, general_owner=404),
        keys=("site",),
        query=lambda objects: "?kind=passwords",
    ),
)


def make_things(world: World) -> Things:
    """An archived page of unit A's portal."""
    resource = world.publish(channels=(world.news,))
    manager = make_account("archive-manager", world.unit_a, StaffRole.PLATFORM_MANAGER)
    pages = tuple(resource.placements.values_list("pk", flat=True))
    change = propose_archiving(
        target=Target(world.portal, placement_ids=pages), reason="旧站", actor=world.lead
    )
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=manager.audit_actor())
    captured = _captured(world, manager)
    return {
        "mark": ArchiveMark.objects.get(),
        "site": world.portal,
        "capture": captured.capture,
        "captured": captured,
    }


def _captured(world: World, manager: StaffAccount) -> CapturedPage:
    """A public page of a former site."""
    with TemporaryDirectory() as folder:
        Path(folder, "old.html").write_text("<html><body><p>旧站的一页</p></body></html>")
        report = capture_site(
            site=world.portal, source=Path(folder), captured_on=clock.today(), reason="旧站", actor=world.lead
        )
    assert report.capture is not None
    change = report.capture.change
    assert change is not None
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=manager.audit_actor())
    return report.capture.pages.get()
