"""Founding units and moving them in the tree."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import UnitKind, UnitLevel
from jiyue.organizations.models import Organization


class UnitRefused(DomainError):
    """A unit can't be founded or moved like this."""

    code = "unit_refused"


def path_of(code: str, parent: Organization | None) -> str:
    """Path of a unit in the tree of administration: the parent's path, then its own code."""
    return f"{parent.path if parent else '/'}{code}/"


@transaction.atomic
def create_unit(
    *,
    code: str,
    name: str,
    level: UnitLevel,
    kind: UnitKind,
    actor: audit.AuditActor,
    short_name: str = "",
    superior: Organization | None = None,
    supervising_unit: Organization | None = None,
) -> Organization:
    """Found a unit below its supervising unit, or its superior one where none is named.

    Raises:
        UnitRefused: The code is in use or contains a slash.

    Source: GL 二(一); NB 2-3 (ORG-01).
    """
    if "/" in code or Organization.objects.filter(code=code).exists():
        raise UnitRefused(
            _("The unit code %(code)s can't be used: it is taken or contains a slash.") % {"code": code},
            fix=_("Choose another code."),
            field="code",
        )
    unit = Organization.objects.create(
        code=code,
        name=name,
        short_name=short_name,
        level=level,
        kind=kind,
        superior=superior,
        supervising_unit=supervising_unit,
        path=path_of(code, supervising_unit or superior),
    )
    audit.record(
        actor=actor, verb="unit.created", subject_type="unit", subject_id=unit.pk, code=code, name=name
    )
    return unit
