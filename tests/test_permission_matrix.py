"""Every address of the back office × every role × own and other unit → the expected status.

The rows are in `tests/matrix/`; an address that is missing from them fails.
"""

import copy
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

import tests.matrix
from jiyue.backoffice.tests.clients import both_factors, one_factor
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from tests.factories import World, make_account
from tests.matrix import ROLES, Objects, Row

MODULES = [
    import_module(f"tests.matrix.{module.name}") for module in pkgutil.iter_modules(tests.matrix.__path__)
]
TABLE = [row for module in MODULES for row in module.ROWS]


# What the staff process answers besides: who may ask, and the answer to everybody else, signed in or not.
MACHINES = {
    "operations:live": ("the supervisor; it says that the process answers, nothing more", {200}),
    "operations:ready": ("the supervisor; it names checks and no data", {200, 503}),
    "operations:metrics": ("whoever holds the token; without a token configured, this machine", {404}),
    "intake:post_item": ("a business system with its token", {401}),
    "intake:list_items": ("a business system with its token", {401}),
    "intake:post_batch": ("a business system with its token", {401}),
    "intake:get_item": ("a business system with its token", {401}),
    "intake:get_standard": ("a business system with its token", {401}),
    "intake:get_description": ("a business system with its token", {401}),
    "intake:api-root": ("nobody: the library's own start page", {404}),
}


@pytest.fixture
def people(world: World) -> dict[tuple[str, StaffRole], StaffAccount]:
    """One account per role in both units; the clerk of unit A isn't the author of the objects."""
    units = {"own": world.unit_a, "other": world.unit_b}
    return {
        (side, role): make_account(f"{side}{number}", unit, role)
        for side, unit in units.items()
        for number, role in enumerate(ROLES)
    }


def _ask(client: Client, row: Row, objects: Objects) -> int:
    """Send the request and undo whatever it did."""
    address = reverse(f"backoffice:{row.name}", args=[objects.key(name) for name in row.keys])
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        data = row.data(objects) if row.method == "post" else {}
        send = getattr(client, row.method)
        status = send(address + row.query(objects), data).status_code
        transaction.set_rollback(True)
    client.cookies = cookies
    return int(status)


@pytest.mark.req("SEC-09")
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_address_answers_every_role_as_the_table_says(module, world, people):
    cache.clear()
    wrong = []
    objects = Objects(world, module.make_things(world))
    clients = {key: both_factors(account) for key, account in people.items()}
    outsiders = (Client(), one_factor(world.author))
    for client in clients.values():
        client.get(reverse("backoffice:workbench"))  # begins the session, which every undone request would
    for row in module.ROWS:
        for client, expected, who in zip(outsiders, row.outside, ("anonymous", "one factor"), strict=True):
            status = _ask(client, row, objects)
            if status != expected:
                wrong.append(f"{row.method} {row.name} {who}: {status}, not {expected}")
        for (side, role), client in clients.items():
            expected = (row.own if side == "own" or row.other is None else row.other)[role]
            status = _ask(client, row, objects)
            if status != expected:
                wrong.append(f"{row.method} {row.name} {side} {role}: {status}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_every_address_is_in_the_table():
    _prefix, resolver = get_resolver().namespace_dict["backoffice"]
    names = {name for name in resolver.reverse_dict if isinstance(name, str)}
    assert names == {row.name for row in TABLE}


def _addresses(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _addresses(each, each.namespace or namespace)
        else:
            yield f"{namespace}:{each.name}"


def test_every_address_of_the_process_is_in_one_of_the_two_tables():
    names = set(_addresses(get_resolver()))
    assert {name for name in names if not name.startswith("backoffice:")} == set(MACHINES)


@pytest.mark.req("SEC-09")
def test_no_session_opens_what_is_for_machines(world, settings):
    settings.JIYUE_METRICS_TOKEN = "a-token-that-nobody-guesses-soon"
    signed_in = (both_factors(account) for account in (world.manager, world.inspector))
    clients = [Client(), one_factor(world.author), *signed_in]
    for name, (reader, expected) in MACHINES.items():
        address = reverse(name, args=["1"] if name == "intake:get_item" else [])
        send = "post" if "post" in name else "get"
        answers = {getattr(client, send)(address).status_code for client in clients}
        assert answers <= expected, (name, reader)


def test_every_address_is_asked_with_both_methods_it_answers():
    """A view that takes POST is in the table with POST, so that no writing door is forgotten."""
    _prefix, resolver = get_resolver().namespace_dict["backoffice"]
    asked = {(row.name, row.method) for row in TABLE}
    missing = [
        pattern.name
        for pattern in resolver.url_patterns
        if hasattr(getattr(pattern.callback, "view_class", None), "post")
        and (pattern.name, "post") not in asked
        and pattern.name not in ("sign_in", "sign_in_code")  # tested step by step in the room
    ]
    assert missing == []
