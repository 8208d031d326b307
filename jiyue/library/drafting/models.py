"""Unsaved text, and who has an item open. Neither is content: no review, no trail, no edition sees them."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.library.models import Resource
from jiyue.organizations.models import Person, StaffAccount

WINDOW_CHARS = 40  # random name that the browser gives an open editor
LOCK_MINUTES = 3  # without a sign of life; the editor gives one every minute
LOCK_SPAN = timedelta(minutes=LOCK_MINUTES)


class Autosave(models.Model):
    """What one account typed and hasn't saved: one row for each item, and one for each unit's new item.

    Not a revision: it is overwritten in place, counts as nothing, and goes when the text is saved.
    """

    account = models.ForeignKey(StaffAccount, on_delete=models.CASCADE, related_name="+")
    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.CASCADE, related_name="autosaves"
    )
    slot = models.CharField(max_length=40)  # "resource-<key>" or "new-<key of the unit>"
    window = models.CharField(max_length=WINDOW_CHARS)
    device = models.CharField(max_length=WINDOW_CHARS)  # random name that the browser keeps
    sequence = models.PositiveBigIntegerField()  # counts up in one window; a late request has a lower one
    base_number = models.PositiveIntegerField()  # revision the writer started from
    values = models.JSONField()
    digest = models.CharField(max_length=64)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "slot"], name="autosave_one_per_account_and_slot"),
        ]
        indexes = [
            models.Index(fields=["saved_at"], name="autosave_sweep"),  # the sweep of old rows
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.slot}"


class EditLock(models.Model):
    """Who has an item open for writing. A courtesy: saving is protected by the number of the revision."""

    resource = models.OneToOneField(Resource, on_delete=models.CASCADE, related_name="edit_lock")
    account = models.ForeignKey(StaffAccount, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    window = models.CharField(max_length=WINDOW_CHARS)
    device = models.CharField(max_length=200, blank=True)  # what the browser calls itself, in short
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("edit lock")
        constraints = [
            models.CheckConstraint(condition=Q(seen_at__gte=models.F("since")), name="edit_lock_seen_later"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.account_id}"

    def is_alive(self, moment: datetime) -> bool:
        """Whether the window gave a sign of life within `LOCK_MINUTES`."""
        return self.seen_at > moment - LOCK_SPAN
