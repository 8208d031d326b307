"""People, roles, accounts and filings as lists and pages see them. Visibility is decided here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from jiyue.core import clock
from jiyue.organizations.enums import (
    EDITING_ROLES,
    REVIEWING_ROLES,
    AccountStatus,
    ApplicationStatus,
    StaffRole,
    UnitStatus,
)
from jiyue.organizations.models import (
    AccountApplication,
    IdleExplanation,
    Organization,
    Person,
    PersonnelChangeFiling,
    StaffAccount,
    UnitRole,
)
from jiyue.organizations.selectors.roles import get_active_roles, get_role_pairs

# Posts whose absence costs points (HT 附件, 组织保障) and posts without which no site goes online.
ASSESSED_POSTS = (StaffRole.LEADER_IN_CHARGE, StaffRole.INFORMATION_OFFICER)
GO_LIVE_POSTS = (StaffRole.GENERAL_OWNER, StaffRole.SECURITY_OWNER)


def get_visible_unit_ids(account: StaffAccount, administered: Collection[int]) -> frozenset[int]:
    """Units whose people exist for the account: those it administers, and its own."""
    own = {unit_id for unit_id, _role in get_role_pairs(account)} | {account.unit_id}
    return frozenset(administered) | own


def list_people(unit_ids: Collection[int]) -> QuerySet[Person]:
    """People with a role, an account or an application in one of the units, by name."""
    ties = (
        UnitRole.objects.filter(person=OuterRef("pk"), unit__in=unit_ids),
        StaffAccount.objects.filter(person=OuterRef("pk"), unit__in=unit_ids),
        AccountApplication.objects.filter(person=OuterRef("pk"), unit__in=unit_ids),
    )
    condition = Q()
    for tie in ties:
        condition |= Q(Exists(tie))
    return Person.objects.filter(condition).order_by("name", "pk")


@dataclass(frozen=True)
class PeopleFilter:
    """What the list of people is narrowed to."""

    words: str = ""
    unit_id: int | None = None
    role: str = ""
    standing: str = ""  # "active", "without_role" or blank

    def apply(self, people: QuerySet[Person], unit_ids: Collection[int]) -> QuerySet[Person]:
        """Narrow a list; units outside `unit_ids` find nobody."""
        for word in self.words.split():
            people = people.filter(
                Q(name__icontains=word) | Q(employee_number__icontains=word) | Q(phone__icontains=word)
            )
        held = get_active_roles().filter(person=OuterRef("pk"), unit__in=unit_ids)
        if self.unit_id is not None:
            own = StaffAccount.objects.filter(person=OuterRef("pk"), unit=self.unit_id, unit__in=unit_ids)
            people = people.filter(Exists(held.filter(unit=self.unit_id)) | Exists(own))
        if self.role:
            people = people.filter(Exists(held.filter(role=self.role)))
        if self.standing == "active":
            people = people.filter(Exists(held))
        elif self.standing == "without_role":
            people = people.exclude(Exists(held))
        return people


def list_roles(person_ids: Collection[int], unit_ids: Collection[int]) -> QuerySet[UnitRole]:
    """Roles of the persons in the units, current ones and history, newest first."""
    return (
        UnitRole.objects.filter(person__in=person_ids, unit__in=unit_ids)
        .select_related("unit", "person")
        .order_by("-starts_on", "-pk")
    )


def list_responsible_persons(unit_ids: Collection[int], day: date | None = None) -> QuerySet[UnitRole]:
    """The register of responsible persons: who holds which role on a day, in the order of the tree.

    Source: GL 二(二)3-4; HT 一¶3; NB 8 (ORG-05).
    """
    return (
        get_active_roles(day)
        .filter(unit__in=unit_ids)
        .select_related("unit", "person")
        .order_by("unit__path", "role", "starts_on", "pk")
    )


def list_accounts(unit_ids: Collection[int]) -> QuerySet[StaffAccount]:
    """Accounts of the units, in the order of the tree."""
    return (
        StaffAccount.objects.filter(unit__in=unit_ids)
        .select_related("person", "unit")
        .order_by("unit__path", "login_name")
    )


@dataclass(frozen=True)
class AccountFilter:
    """What the list of accounts is narrowed to."""

    words: str = ""
    unit_id: int | None = None
    status: str = ""
    unused_since: date | None = None

    def apply(self, accounts: QuerySet[StaffAccount]) -> QuerySet[StaffAccount]:
        """Narrow a list of accounts."""
        for word in self.words.split():
            accounts = accounts.filter(Q(login_name__icontains=word) | Q(person__name__icontains=word))
        if self.unit_id is not None:
            accounts = accounts.filter(unit=self.unit_id)
        if self.status:
            accounts = accounts.filter(status=self.status)
        if self.unused_since is not None:
            day = self.unused_since
            accounts = accounts.filter(status=AccountStatus.ACTIVE, opened_at__date__lt=day).filter(
                Q(last_seen_on=None) | Q(last_seen_on__lt=day)
            )
        return accounts


def list_applications(account: StaffAccount, administered: Collection[int]) -> QuerySet[AccountApplication]:
    """Applications for the administered units, those of the own ones, and those filed by the person."""
    own = get_visible_unit_ids(account, administered)
    return (
        AccountApplication.objects.filter(Q(unit__in=own) | Q(applied_by__person=account.person_id))
        .select_related("unit", "person", "applied_by__person", "decided_by__person", "letter", "account")
        .order_by("-pk")
    )


def count_waiting_applications(administered: Collection[int]) -> int:
    """Applications that wait in the administered units."""
    return AccountApplication.objects.filter(unit__in=administered, status=ApplicationStatus.WAITING).count()


def list_explanations(unit_ids: Collection[int]) -> QuerySet[IdleExplanation]:
    """Explanations for accounts of the units, newest first."""
    return (
        IdleExplanation.objects.filter(account__unit__in=unit_ids)
        .select_related(
            "account__person", "account__unit", "filed_by__person", "decided_by__person", "letter"
        )
        .order_by("-pk")
    )


def list_filings(unit_ids: Collection[int]) -> QuerySet[PersonnelChangeFiling]:
    """Changes of personnel in the units, and those filed with them; open ones first."""
    return (
        PersonnelChangeFiling.objects.filter(Q(unit__in=unit_ids) | Q(filed_with__in=unit_ids))
        .select_related("unit", "filed_with", "outgoing", "successor")
        .order_by("-pk")
    )


@dataclass(frozen=True)
class PostGap:
    """A unit in which a post is vacant."""

    unit: Organization
    role: StaffRole


def list_post_gaps(
    unit_ids: Collection[int], *, posts: Collection[StaffRole] = ASSESSED_POSTS, day: date | None = None
) -> list[PostGap]:
    """Vacant posts of the active units on a day, in the order of the tree.

    Source: HT 附件 (组织保障): no leader in charge or information officer costs
    the points of that item (ORG-05).
    """
    units = Organization.objects.filter(pk__in=unit_ids, status=UnitStatus.ACTIVE).order_by("path")
    held = set(get_active_roles(day).filter(unit__in=unit_ids, role__in=posts).values_list("unit_id", "role"))
    return [PostGap(unit, role) for unit in units for role in posts if (unit.pk, role) not in held]


def get_missing_site_posts(unit: Organization, day: date | None = None) -> list[StaffRole]:
    """Posts of a unit without which none of its sites may go online.

    Source: GL 二(二)3-4; GL 八(二)1 (ORG-05).
    """
    return [gap.role for gap in list_post_gaps([unit.pk], posts=GO_LIVE_POSTS, day=day)]


@dataclass(frozen=True)
class AccountSplit:
    """Who enters and who reviews in one unit, by accounts that can sign in.

    Attributes:
        unit: The unit.
        entry: Names of the persons with an entry account.
        review: Names of the persons with a review account.
    """

    unit: Organization
    entry: tuple[str, ...]
    review: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether both kinds of account exist."""
        return bool(self.entry and self.review)


def list_account_splits(unit_ids: Collection[int]) -> list[AccountSplit]:
    """The two accounts of each active unit, each bound to named persons.

    Nobody stands on both sides: the roles exclude each other (`duties_conflict_of`).

    Source: HT 二(三)2 (ORG-11); a unit's account is a role held by named persons (C24).
    """
    units = Organization.objects.filter(pk__in=unit_ids, status=UnitStatus.ACTIVE).order_by("path")
    roles = (
        get_active_roles()
        .filter(unit__in=unit_ids, role__in=EDITING_ROLES | REVIEWING_ROLES)
        .filter(person__accounts__status=AccountStatus.ACTIVE)
    )
    names: dict[tuple[int, bool], list[str]] = {}
    for unit_id, role, name in roles.values_list("unit_id", "role", "person__name").distinct():
        names.setdefault((unit_id, role in EDITING_ROLES), []).append(name)
    return [
        AccountSplit(unit, tuple(names.get((unit.pk, True), [])), tuple(names.get((unit.pk, False), [])))
        for unit in units
    ]


def list_due_soon(unit_ids: Collection[int], days: int) -> QuerySet[UnitRole]:
    """Roles of the units that end within the next days: whose successor should be known.

    Args:
        unit_ids: Units.
        days: How far ahead, in calendar days.
    """
    today = clock.today()
    return list_responsible_persons(unit_ids).filter(ends_on__lte=today + timedelta(days=days))
