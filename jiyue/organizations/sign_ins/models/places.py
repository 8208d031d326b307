"""From where the staff may work: networks per unit, and the register of terminals (SEC-08)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import PrivateFile
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.sign_ins.enums import CheckKind, CheckResult, TerminalStatus


class SignInRule(models.Model):
    """From where the people of a unit may work; changed by two persons only.

    `networks` holds canonical CIDR texts; an empty list leaves the decision to
    the unit above.
    """

    unit = models.OneToOneField(Organization, models.PROTECT, related_name="sign_in_rule")
    networks = models.JSONField(_("safe networks"), default=list)
    only_terminals = models.BooleanField(_("only registered terminals"), default=False)
    change_id = models.BigIntegerField(null=True)  # the two-person change; null where the platform cleared it
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.unit_id}: {', '.join(self.networks)}"


class Terminal(models.Model):
    """One computer from which the back office is used."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="terminals")
    name = models.CharField(_("name"), max_length=60)
    asset_number = models.CharField(_("asset number"), max_length=40)
    custodian = models.ForeignKey(
        Person, models.PROTECT, related_name="terminals", verbose_name=_("custodian")
    )
    address = models.CharField(_("address in the network"), max_length=45)  # by which it is recognized
    status = models.CharField(
        _("status"), max_length=10, choices=TerminalStatus, default=TerminalStatus.IN_USE
    )
    status_reason = models.CharField(_("reason"), max_length=300, blank=True)
    registered_on = models.DateField(_("registered on"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "asset_number"], name="terminal_asset_number_once"),
            models.UniqueConstraint(
                fields=["unit", "address"], condition=~Q(status="retired"), name="terminal_address_once"
            ),
            models.CheckConstraint(
                condition=~Q(status="blocked") | ~Q(status_reason=""), name="terminal_block_has_reason"
            ),
        ]
        indexes: ClassVar = [
            # asked at every request: which terminal sits at this address
            models.Index(fields=["address"], condition=~Q(status="retired"), name="terminal_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.asset_number})"


class TerminalCheck(models.Model):
    """A check of a terminal, as somebody carried it out. Append-only."""

    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="checks")
    kind = models.CharField(_("what was checked"), max_length=12, choices=CheckKind)
    checked_on = models.DateField(_("checked on"))
    checked_by = models.CharField(_("checked by"), max_length=60)
    tool = models.CharField(_("tool and version"), max_length=120)
    result = models.CharField(_("result"), max_length=10, choices=CheckResult)
    note = models.CharField(_("note"), max_length=1000, blank=True)
    file = models.ForeignKey(
        PrivateFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("report")
    )
    recorded_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["terminal", "-checked_on", "-id"], name="terminal_last_check"),
        ]

    def __str__(self) -> str:
        return f"{self.terminal_id} {self.checked_on} {self.result}"
