"""Which profile applies to which units: two persons each time.

A platform manager proposes for the units of the own subtree. Another platform
manager or an inspector of that unit or of one above it decides.

Source: GL 前言; NT 1; NB 前言 (PROF-02); product decision for PROF-05, ADR 6.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.enums import OVERSIGHT_ROLES, StaffRole
from jiyue.organizations.models import Organization, ProfileAssignment
from jiyue.organizations.selectors import get_held_roles
from jiyue.policy.models import LocalProfile
from jiyue.policy.services import create_profile, effective_date_refusal
from jiyue.policy.shipped import DEFAULT_PROFILE, NATIONAL_PROFILE, read_profiles
from jiyue.policy.wording import profile_name

ASSIGNMENT_TOPIC = "policy.assignment"
_DECIDERS = OVERSIGHT_ROLES  # platform managers and inspectors


class RulesRefused(DomainError):
    """This person may not change these rules, or not like this."""

    code = "rules_refused"


def rules_refusal(actor: AuditActor, unit: Organization) -> DomainError | None:
    """Say why `actor` may not propose changes to the rules of `unit`, or None.

    Source: NB 2-3 (ORG-04); product decision for PROF-05.
    """
    if _holds(actor, unit, frozenset({StaffRole.PLATFORM_MANAGER})):
        return None
    return RulesRefused(
        _("Only a platform manager of %(unit)s or of a unit above it changes its rules.")
        % {"unit": unit.name},
        fix=_("Ask the platform manager."),
    )


def decider_refusal(actor: AuditActor, unit: Organization) -> DomainError | None:
    """Say why `actor` may not see and decide changes to the rules of `unit`, or None."""
    if _holds(actor, unit, _DECIDERS):
        return None
    return RulesRefused(
        _("Only a platform manager or an inspector of %(unit)s or of a unit above it decides on its rules.")
        % {"unit": unit.name},
        fix=_("Ask one of them."),
    )


def _holds(actor: AuditActor, unit: Organization, roles: frozenset[StaffRole]) -> bool:
    """Whether the actor holds one of `roles` today in the unit or above it."""
    paths = get_held_roles(actor.account_id).filter(role__in=roles).values_list("unit__path", flat=True)
    return any(unit.path.startswith(path) for path in paths)


def list_local_profiles(unit: Organization) -> list[LocalProfile]:
    """Local profiles that the unit may use: its own and those of the units above it."""
    above = Organization.objects.filter(code__in=unit.path_codes).values_list("pk", flat=True)
    return list(LocalProfile.objects.filter(owner_unit_id__in=list(above)).order_by("code"))


def usable_profiles(unit: Organization) -> list[str]:
    """Codes of the profiles that may be assigned to the unit; GL first, local ones last."""
    shipped = [code for code in read_profiles() if code not in {DEFAULT_PROFILE, NATIONAL_PROFILE}]
    return [NATIONAL_PROFILE, *shipped, *(profile.code for profile in list_local_profiles(unit))]


@transaction.atomic
def found_profile(
    *, unit: Organization, code: str, name: str, parent: str, actor: AuditActor
) -> LocalProfile:
    """Make an empty local profile for the subtree of a unit; it changes nothing until it is assigned.

    Args:
        unit: Unit whose subtree may use it.
        code: Short name, letters and digits.
        name: What people call it.
        parent: Code of a profile that the unit may use.
        actor: Platform manager of the unit or above.

    Raises:
        RulesRefused: Not the actor's unit, or a parent the unit may not use.
        ProfileRefused: Code or name don't do.

    Source: GL 前言; NT 1; NB 前言 (PROF-01, PROF-02).
    """
    refusal = rules_refusal(actor, unit) or _usable_refusal(unit, parent, field="parent")
    if refusal:
        raise refusal
    return create_profile(code=code, name=name, parent=parent, owner_unit_id=unit.pk, actor=actor)


def _usable_refusal(unit: Organization, profile: str, *, field: str) -> DomainError | None:
    if profile in usable_profiles(unit):
        return None
    return RulesRefused(
        _("%(unit)s may not use the policy profile “%(code)s”.") % {"unit": unit.name, "code": profile},
        fix=_("Choose one of the list."),
        field=field,
    )


@transaction.atomic
def propose_assignment(
    *,
    unit: Organization,
    profile: str,
    is_strictest: bool,
    effective_on: date,
    reason: str,
    actor: AuditActor,
) -> TwoPersonChange:
    """Ask that a profile apply to the subtree of a unit from a day on.

    Args:
        unit: Top of the subtree.
        profile: Code of a profile the unit may use; blank: as the unit above.
        is_strictest: Where the profile is looser than GL, GL's value applies.
        effective_on: First day; at approval it must not lie in the past.
        reason: Why.
        actor: Platform manager of the unit or above.

    Raises:
        RulesRefused: Not the actor's unit, or not its profile.
        ValueRefused: A day that has passed.
        ReasonNeeded, AlreadyProposed, SamePerson: As for every two-person change.

    Source: GL 前言; NT 1; NB 前言 (PROF-02, PROF-03, PROF-05).
    """
    refusal = rules_refusal(actor, unit) or assignment_refusal(unit, profile, effective_on)
    if refusal:
        raise refusal
    before = unit.get_rule_reference(effective_on)
    return two_person.propose(
        topic=ASSIGNMENT_TOPIC,
        subject_type="unit",
        subject_key=unit.pk,
        title=_("Policy profile of %(unit)s") % {"unit": unit.name},
        payload={
            "profile": profile,
            "is_strictest": is_strictest and bool(profile),
            "effective_on": effective_on.isoformat(),
            "before": {"profile": before.profile, "is_strictest": before.is_strictest} if before else None,
        },
        reason=reason,
        actor=actor,
        unit_id=unit.pk,
    )


def assignment_refusal(unit: Organization, profile: str, effective_on: date) -> DomainError | None:
    """Say why the profile can't apply to the unit from that day, or None."""
    if profile:
        refusal = _usable_refusal(unit, profile, field="profile")
        if refusal:
            return refusal
    return effective_date_refusal(effective_on)


def _unit_of(change: TwoPersonChange) -> Organization:
    return Organization.objects.get(pk=change.subject_key)


class AssignmentTopic:
    """The two-person change of the profile of a unit."""

    label: Promise = gettext_lazy("policy profile of a unit")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Platform managers and inspectors of the unit or above see and decide it."""
        return decider_refusal(actor, _unit_of(change))

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Profile, treatment of looser values, and day."""
        payload, before = change.payload, change.payload["before"]
        return [
            (_("Policy profile"), _profile_words(before), _profile_words(payload)),
            (_("Where it is looser than GL"), _treatment_words(before), _treatment_words(payload)),
            (_("Effective on"), "", date_format(date.fromisoformat(payload["effective_on"]))),
        ]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Assign the profile; the day is checked once more, against the day of approval."""
        payload = change.payload
        unit = _unit_of(change)
        effective_on = date.fromisoformat(payload["effective_on"])
        refusal = assignment_refusal(unit, payload["profile"], effective_on)
        if refusal:
            raise refusal
        _assign(unit, payload["profile"], payload["is_strictest"], effective_on, change.pk, actor)


def _profile_words(reference: Mapping[str, object] | None) -> str:
    if reference is None:
        return profile_name(NATIONAL_PROFILE)
    code = str(reference["profile"])
    return profile_name(code) if code else _("as the unit above")


def _treatment_words(reference: Mapping[str, object] | None) -> str:
    is_strictest = reference is not None and reference["is_strictest"]
    return _("GL's value applies") if is_strictest else _("the local value applies")


def _assign(
    unit: Organization,
    profile: str,
    is_strictest: bool,
    effective_on: date,
    change_id: int | None,
    actor: AuditActor,
) -> ProfileAssignment:
    assignment = ProfileAssignment.objects.create(
        unit=unit,
        profile=profile,
        is_strictest=is_strictest,
        effective_on=effective_on,
        change_id=change_id,
        created_at=clock.now(),
    )
    audit.record(
        actor=actor,
        verb="policy.profile_assigned",
        subject_type="unit",
        subject_id=unit.pk,
        profile=profile,
        is_strictest=is_strictest,
        effective_on=effective_on.isoformat(),
        change=change_id,
    )
    return assignment


@transaction.atomic
def set_up_profile(
    *, unit: Organization, profile: str, actor: AuditActor, is_strictest: bool = False
) -> ProfileAssignment:
    """Give a unit its first profile while the platform is set up; later it takes two persons.

    Args:
        unit: Top of the subtree, without an assignment so far.
        profile: Code of a profile the unit may use.
        actor: The platform itself.
        is_strictest: Where the profile is looser than GL, GL's value applies.

    Raises:
        RulesRefused: A person asks, the unit has a profile, or may not use this one.

    Source: product decision for PROF-02, PROF-05.
    """
    if actor.account_id is not None or unit.profile_assignments.exists():
        raise RulesRefused(
            _("The first profile of a unit is set when the platform is set up; later it takes two persons."),
            fix=_("Propose the change."),
        )
    refusal = assignment_refusal(unit, profile, clock.today())
    if refusal:
        raise refusal
    return _assign(unit, profile, is_strictest, clock.today(), None, actor)


_TOPIC = AssignmentTopic()


def register() -> None:
    """Register the topic; called when the room starts."""
    two_person.TOPICS.register(ASSIGNMENT_TOPIC, _TOPIC)
