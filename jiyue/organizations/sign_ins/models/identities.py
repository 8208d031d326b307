"""Which identity at an OpenID Connect provider is which account."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiyue.organizations.models import StaffAccount


class ExternalIdentity(models.Model):
    """One person's identity at a provider, linked to the account they have already."""

    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="external_identities")
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
                fields=["account", "issuer"], condition=Q(unlinked_at=None), name="identity_one_per_issuer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.account_id}"

    @property
    def is_linked_by_person(self) -> bool:
        """Whether the account's own person made the link."""
        return self.linked_by_id == self.account_id
