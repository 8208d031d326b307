"""What the business unit handed in, and why the release text differs from it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import PrivateFile
from jiyue.library.models import Resource
from jiyue.organizations.models import Organization, StaffAccount


class Manuscript(models.Model):
    """An original manuscript; a later round keeps the earlier ones (REV-26). Append-only."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="manuscripts")
    round = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=300, blank=True)
    text = models.TextField(_("text of the manuscript"))
    file = models.ForeignKey(PrivateFile, models.PROTECT, related_name="+", null=True)
    provider = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name=_("unit that handed it in")
    )
    digest = models.CharField(max_length=64)  # fingerprint of title and text
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    kept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "round"], name="manuscript_once_per_round")
        ]

    def __str__(self) -> str:
        return f"{self.resource_id}/{self.round}"


class ManuscriptExplanation(models.Model):
    """Why one state of the text differs from the manuscript. Append-only."""

    manuscript = models.ForeignKey(Manuscript, models.PROTECT, related_name="explanations")
    digest = models.CharField(max_length=64)  # fingerprint of the state it explains
    text = models.TextField(_("explanation"))
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    explained_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["manuscript", "digest"], name="explained_once_per_state")
        ]

    def __str__(self) -> str:
        return f"{self.manuscript_id}: {self.text[:40]}"


class ManuscriptProblem(models.Model):
    """Something wrong in the original, sent back to the unit that handed it in."""

    manuscript = models.ForeignKey(Manuscript, models.PROTECT, related_name="problems")
    problem = models.TextField(_("problem"))
    sent_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+", null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="problem_answered_in_words",
            )
        ]

    def __str__(self) -> str:
        return f"{self.manuscript_id}: {self.problem[:40]}"
