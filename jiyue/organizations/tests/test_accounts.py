"""Accounts and roles: personal, dated, and with no powers of their own."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jiyue.core import audit, clock
from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Person
from jiyue.organizations.selectors import get_role_pairs, get_unit_ids, get_units, has_role
from jiyue.organizations.services import open_account
from tests.factories import PASSWORD, World

pytestmark = pytest.mark.django_db


def test_role_holds_from_its_first_day_through_its_last(world: World) -> None:
    today = clock.today()
    roles = world.author.person.roles
    for starts, ends, holds in [(-1, None, True), (0, 0, True), (1, None, False), (-5, -1, False)]:
        roles.all().delete()
        roles.create(
            unit=world.unit_a,
            role=StaffRole.ENTRY_CLERK,
            starts_on=today + timedelta(days=starts),
            ends_on=None if ends is None else today + timedelta(days=ends),
        )
        assert has_role(world.author, StaffRole.ENTRY_CLERK, unit_id=world.unit_a.pk) is holds


def test_role_that_ends_before_it_starts_is_refused_by_the_database(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        world.author.person.roles.create(
            unit=world.unit_a,
            role=StaffRole.REVIEW_LEAD,
            starts_on=clock.today(),
            ends_on=clock.today() - timedelta(days=1),
        )


def test_roles_are_asked_by_unit(world: World) -> None:
    assert get_role_pairs(world.author) == {(world.unit_a.pk, "entry_clerk")}
    assert get_unit_ids(world.author, {StaffRole.REVIEW_LEAD}) == frozenset()
    assert list(get_units(world.author, {StaffRole.ENTRY_CLERK})) == [world.unit_a]


def test_sign_in_needs_the_right_password_and_an_active_account(world: World) -> None:
    account = world.author
    assert authenticate(None, login_name="jia", password=PASSWORD) == account
    assert authenticate(None, login_name="jia", password="wrong") is None
    assert authenticate(None, login_name="nobody", password=PASSWORD) is None
    account.status = "closed"
    account.save()
    assert authenticate(None, login_name="jia", password=PASSWORD) is None


def test_weak_password_is_refused_and_no_account_is_left_behind(world: World) -> None:
    person = Person.objects.create(name="新人")
    for weak in ("short", "password1234", "xinren-xinren"):
        with pytest.raises(ValidationError):
            open_account(
                person=person,
                unit=world.unit_a,
                login_name="xinren-xinren",
                password=weak,
                actor=audit.PLATFORM,
            )
    assert not person.accounts.exists()


def test_nobody_is_a_superuser_and_the_only_permission_is_entering_the_shell(world: World) -> None:
    assert world.manager.is_superuser is False
    assert world.manager.has_perm("wagtailadmin.access_admin")
    assert not world.manager.has_perm("library.change_resource")
    world.manager.status = "closed"
    assert not world.manager.has_perm("wagtailadmin.access_admin")


def test_opening_an_account_and_assigning_a_role_are_in_the_trail(world: World) -> None:
    account = world.author
    verbs = AuditEntry.objects.values_list("verb", "subject_id")
    assert ("account.opened", str(account.pk)) in verbs
    assert ("role.assigned", str(account.person_id)) in verbs
