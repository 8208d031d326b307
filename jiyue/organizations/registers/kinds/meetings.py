"""Coordination meetings and their minutes, to which content-provision tasks refer.

Source: CQ (十九); CQ (三) (ORG-20).
"""

from collections.abc import Iterator

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import StaffRole
from jiyue.organizations.registers.base import EDITORS, LONG, Register, RegisterEntry, RegisterFile, add


class CoordinationMeeting(RegisterEntry):
    """One meeting of the coordinating office; the minutes are files of the entry."""

    title = models.CharField(_("topic"), max_length=200)
    held_on = models.DateField(_("held on"))
    chair = models.CharField(_("chaired by"), max_length=60)
    participants = models.CharField(_("who took part"), max_length=LONG, blank=True)
    decisions = models.CharField(_("what was decided"), max_length=LONG)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("coordination meeting")

    def __str__(self) -> str:
        return f"{self.held_on} {self.title}"


def _findings(meeting: CoordinationMeeting) -> Iterator[str]:
    if not RegisterFile.objects.filter(register="meetings", entry_id=meeting.pk).exists():
        yield gettext("The minutes are missing. Add their file.")


add(
    Register(
        key="meetings",
        label=_("Coordination meetings"),
        entry_label=_("meeting"),
        model=CoordinationMeeting,
        fields=("title", "held_on", "chair", "participants", "decisions"),
        list_fields=("title", "held_on", "chair", "participants"),
        name_field="title",
        clause="CQ (十九); CQ (三); NT 7",
        help=_("Meetings of the coordinating office with their minutes."),
        editor_roles=EDITORS | {StaffRole.COORDINATOR},
        has_files=True,
        year_field="held_on",
        findings=_findings,
    )
)
