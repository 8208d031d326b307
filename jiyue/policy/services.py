"""Local profiles and new versions of their values; who may ask for them is decided by a room above."""

import re
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.policy.entry import ValueRefused, value_refusal
from jiyue.policy.models import LocalProfile, LocalValue
from jiyue.policy.shipped import DEFAULT_PROFILE, read_profiles
from jiyue.policy.values import Stated

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,39}")
MAX_NAME_CHARS = 100  # as the column


class ProfileRefused(DomainError):
    """A local profile can't be made like this."""

    code = "profile_refused"


@transaction.atomic
def create_profile(
    *, code: str, name: str, parent: str, owner_unit_id: int, actor: AuditActor
) -> LocalProfile:
    """Make an empty local profile; until it states a value it says what its parent says.

    Args:
        code: Short name, letters and digits, e.g. `nantong-2026`.
        name: What people call it.
        parent: Code of the profile it inherits from.
        owner_unit_id: Unit whose subtree may use it.
        actor: Who makes it.

    Raises:
        ProfileRefused: Code or name don't do, the parent doesn't exist, the code is taken.

    Source: GL 前言 (PROF-01, PROF-02).
    """
    code, name = code.strip(), storable(name).strip()
    refusal = profile_refusal(code, name, parent)
    if refusal:
        raise refusal
    try:
        with transaction.atomic():
            profile = LocalProfile.objects.create(
                code=code, name=name, parent=parent, owner_unit_id=owner_unit_id, created_at=clock.now()
            )
    except IntegrityError:
        raise _code_taken(code) from None
    audit.record(
        actor=actor,
        verb="policy.profile_created",
        subject_type="policy_profile",
        subject_id=profile.code,
        name=name,
        parent=parent,
        unit=owner_unit_id,
    )
    return profile


def profile_refusal(code: str, name: str, parent: str) -> DomainError | None:
    """Say why there can't be such a local profile, or None."""
    if not _CODE.fullmatch(code):
        return ProfileRefused(
            _("The code has 2 to 40 letters, digits or hyphens and begins with a letter."),
            fix=_("Write it like city-2026."),
            field="code",
        )
    taken = {shipped.lower() for shipped in read_profiles()}
    if code.lower() in taken or LocalProfile.objects.filter(code__iexact=code).exists():
        return _code_taken(code)
    if not name or len(name) > MAX_NAME_CHARS:
        return ProfileRefused(
            _("The name is missing or too long."), fix=_("Write what people call these rules."), field="name"
        )
    is_known = parent in read_profiles() and parent != DEFAULT_PROFILE
    if not is_known and not LocalProfile.objects.filter(code=parent).exists():
        return ProfileRefused(
            _("There is no policy profile “%(code)s”.") % {"code": parent},
            fix=_("Choose one of the list."),
            field="parent",
        )
    return None


def _code_taken(code: str) -> DomainError:
    return ProfileRefused(
        _("There is a policy profile “%(code)s” already.") % {"code": code},
        fix=_("Choose another code."),
        field="code",
    )


def effective_date_refusal(effective_on: date) -> DomainError | None:
    """Say why a change can't take effect on that day, or None: rules never reach back.

    Source: product decision for PROF-05.
    """
    if effective_on >= clock.today():
        return None
    return ValueRefused(
        _("A change can't take effect before the day on which it is approved."),
        fix=_("Propose it again with a later day."),
        field="effective_on",
    )


@transaction.atomic
def state_value(
    *,
    profile: str,
    key: str,
    value: Stated | None,
    unit: str,
    clause: str,
    effective_on: date,
    change_id: int,
    actor: AuditActor,
) -> LocalValue:
    """Add a version of a value to a local profile; earlier versions stay as they are.

    Args:
        profile: Code of a local profile.
        key: Key of the rule.
        value: What it states; None: from that day it is silent again.
        unit: What a number counts.
        clause: Where the regulation says so.
        effective_on: First day of the version; today or later.
        change_id: The approved two-person change.
        actor: Who approved it.

    Raises:
        ValueRefused: No value of this rule, or a day that has passed.
        ProfileRefused: There is no such local profile.

    Source: product decision for PROF-05.
    """
    locked = LocalProfile.objects.select_for_update().filter(code=profile).first()
    if locked is None:
        raise ProfileRefused(
            _("There is no local profile “%(code)s”.") % {"code": profile}, fix=_("Choose one of the list.")
        )
    refusal = effective_date_refusal(effective_on)
    if value is not None:
        refusal = refusal or value_refusal(key, value, unit, clause)
    if refusal:
        raise refusal
    latest = LocalValue.objects.filter(profile=locked, key=key).aggregate(Max("version"))["version__max"]
    row = LocalValue.objects.create(
        profile=locked,
        key=key,
        version=(latest or 0) + 1,
        value=value,
        unit=unit if value is not None else "",
        clause=clause,
        effective_on=effective_on,
        approved_on=clock.today(),
        change_id=change_id,
    )
    audit.record(
        actor=actor,
        verb="policy.value_changed",
        subject_type="policy_value",
        subject_id=row.pk,
        profile=profile,
        key=key,
        value=value,
        counted_in=row.unit,
        clause=clause,
        effective_on=effective_on.isoformat(),
        version=row.version,
        change=change_id,
    )
    return row
