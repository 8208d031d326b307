"""New versions of the values of a local profile: two persons each time.

Source: product decision for PROF-05, ADR 6.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.models import Organization
from jiyue.organizations.services.profiles import RulesRefused, decider_refusal, rules_refusal
from jiyue.policy.comparing import Comparison, compare
from jiyue.policy.entry import value_refusal
from jiyue.policy.models import LocalProfile
from jiyue.policy.selectors import read_rules
from jiyue.policy.services import effective_date_refusal, state_value
from jiyue.policy.shipped import NATIONAL_PROFILE, read_profiles
from jiyue.policy.values import PolicyValue, Stated
from jiyue.policy.wording import clause_words, profile_name, rule_label, value_words, words_of

VALUE_TOPIC = "policy.value"


@transaction.atomic
def propose_value(
    *,
    profile: LocalProfile,
    key: str,
    value: Stated | None,
    unit: str,
    clause: str,
    effective_on: date,
    reason: str,
    actor: AuditActor,
) -> TwoPersonChange:
    """Ask for a new version of a value in a local profile.

    Args:
        profile: Local profile of the actor's subtree.
        key: Key of the rule.
        value: What it would state; None: it would be silent again.
        unit: What a number counts.
        clause: Where the regulation says so.
        effective_on: First day; at approval it must not lie in the past.
        reason: Why.
        actor: Platform manager of the profile's unit or above.

    Raises:
        RulesRefused: Not the actor's profile, or nothing to silence.
        ValueRefused: No value of this rule, or a day that has passed.
        ReasonNeeded, AlreadyProposed, SamePerson: As for every two-person change.

    Source: product decision for PROF-05.
    """
    owner = Organization.objects.get(pk=profile.owner_unit_id)
    refusal = rules_refusal(actor, owner) or effective_date_refusal(effective_on)
    if value is not None:
        refusal = refusal or value_refusal(key, value, unit, clause)
    if refusal:
        raise refusal
    rules = read_rules(profiles=[profile.code], on=effective_on)
    own = rules.stated(key, [profile.code])
    if value is None and not own:
        raise RulesRefused(
            _("The profile doesn't state this rule on that day."), fix=_("Nothing has to be changed.")
        )
    before = next(iter(own or rules.stated(key)), None)
    return two_person.propose(
        topic=VALUE_TOPIC,
        subject_type="policy_value",
        subject_key=f"{profile.code}:{key}",
        title=_("%(rule)s in %(profile)s") % {"rule": rule_label(key), "profile": profile.name},
        payload={
            "profile": profile.code,
            "key": key,
            "value": value,
            "unit": unit if value is not None else "",
            "clause": clause,
            "effective_on": effective_on.isoformat(),
            "before": _as_json(before),
        },
        reason=reason,
        actor=actor,
        unit_id=owner.pk,
    )


def _as_json(value: PolicyValue | None) -> dict[str, object] | None:
    if value is None:
        return None
    return {"value": value.value, "unit": value.unit, "clause": value.clause, "origin": value.origin}


def _owner_of(change: TwoPersonChange) -> Organization:
    profile = LocalProfile.objects.get(code=change.payload["profile"])
    return Organization.objects.get(pk=profile.owner_unit_id)


class ValueTopic:
    """The two-person change of one value of a local profile."""

    label: Promise = gettext_lazy("rule of a local profile")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Platform managers and inspectors of the profile's unit or above see and decide it."""
        return decider_refusal(actor, _owner_of(change))

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Value, clause, day, and how the new value stands to GL's."""
        payload = change.payload
        key, before = payload["key"], payload["before"]
        rows = [
            (_("Value"), _stated_words(key, before), _stated_words(key, payload)),
            (_("Clause"), clause_words(before["clause"]) if before else "", clause_words(payload["clause"])),
            (
                _("Found in"),
                profile_name(before["origin"]) if before else "",
                profile_name(payload["profile"]),
            ),
            (_("Effective on"), "", date_format(date.fromisoformat(payload["effective_on"]))),
        ]
        warning = national_warning(key, payload["value"], payload["unit"])
        if warning:
            rows.append((_("Compared with GL"), "", warning))
        return rows

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Store the version; the day is checked once more, against the day of approval."""
        payload = change.payload
        state_value(
            profile=payload["profile"],
            key=payload["key"],
            value=payload["value"],
            unit=payload["unit"],
            clause=payload["clause"],
            effective_on=date.fromisoformat(payload["effective_on"]),
            change_id=change.pk,
            actor=actor,
        )


def _stated_words(key: str, stated: Mapping[str, object] | None) -> str:
    if stated is None or stated["value"] is None:
        return _("not stated; the parent profile applies")
    return value_words(key, stated["value"], str(stated["unit"]))  # type: ignore[arg-type]  # checked at entry


def national_warning(key: str, value: Stated | None, unit: str) -> str:
    """The warning that a local value is looser than GL's; blank where it isn't.

    Source: GL 前言 (PROF-03).
    """
    national = read_profiles()[NATIONAL_PROFILE].values.get(key)
    if value is None or national is None:
        return ""
    local = PolicyValue(key=key, value=value, unit=unit, origin="", clause="")
    if compare(local, national) is not Comparison.LOOSER:
        return ""
    return _("Looser than GL: %(value)s (%(clause)s)") % {
        "value": words_of(national),
        "clause": national.clause,
    }


_TOPIC = ValueTopic()


def register() -> None:
    """Register the topic; called when the room starts."""
    two_person.TOPICS.register(VALUE_TOPIC, _TOPIC)
