"""Which identity at an OpenID Connect provider is which account."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django_otp.models import Device

from jiyue.organizations.models import StaffAccount


class ExternalIdentity(Device):
    """One person's identity at a provider, linked to the account they have already.

    It is a device of the second factor too, for providers that are trusted to
    have asked for both; `confirmed` is false once the link is undone.
    """

    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    linked_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    unlinked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], condition=Q(unlinked_at=None), name="identity_one_account"
            ),
            models.UniqueConstraint(
                fields=["user", "issuer"], condition=Q(unlinked_at=None), name="identity_one_per_issuer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.user_id}"

    @property
    def is_linked_by_person(self) -> bool:
        """Whether the account's own person made the link."""
        return bool(self.linked_by_id == self.user_id)
