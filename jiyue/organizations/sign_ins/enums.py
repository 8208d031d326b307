from django.db import models
from django.utils.translation import gettext_lazy as _


class EndReason(models.TextChoices):
    """Why a session is over."""

    SIGNED_OUT = "signed_out", _("signed out")
    IDLE = "idle", _("not used for too long")
    TOO_LONG = "too_long", _("open for too long")
    ENDED_BY_SELF = "ended_by_self", _("ended by the person from another device")
    ENDED_BY_ADMINISTRATOR = "ended_by_administrator", _("ended by an administrator")
    ACCOUNT_OFF = "account_off", _("account switched off")
    DEVICE_CHANGED = "device_changed", _("went on in another browser")
    CREDENTIALS_CHANGED = "credentials_changed", _("password or second factor changed")
    PLACE_REFUSED = "place_refused", _("network or terminal not allowed")
    CLOCK = "clock", _("clock of the server was set back")


class FlagKind(models.TextChoices):
    """What is unusual about a sign-in (ORG-13)."""

    CONCURRENT = "concurrent", _("used at two places at the same time")
    NEW_DEVICE = "new_device", _("device not seen before")
    NEW_NETWORK = "new_network", _("network not seen before")


class FlagResult(models.TextChoices):
    """What the review of a flag found."""

    LEGITIMATE = "legitimate", _("the person's own, legitimate use")
    LENT = "lent", _("the account was lent to somebody else")
    COMPROMISED = "compromised", _("the account is in a stranger's hands")


class TerminalStatus(models.TextChoices):
    """Whether a back-office terminal may be used."""

    IN_USE = "in_use", _("in use")
    BLOCKED = "blocked", _("blocked")
    RETIRED = "retired", _("retired")


class CheckKind(models.TextChoices):
    """What was looked at on a terminal."""

    ANTI_VIRUS = "anti_virus", _("anti-virus")
    SECURITY = "security", _("security check")
    BOTH = "both", _("anti-virus and security check")


class CheckResult(models.TextChoices):
    """What the check of a terminal found."""

    PASSED = "passed", _("nothing found")
    CLEANED = "cleaned", _("found and removed")
    FAILED = "failed", _("not in order")


IN_ORDER_RESULTS = frozenset({CheckResult.PASSED, CheckResult.CLEANED})
