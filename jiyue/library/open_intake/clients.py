"""Business systems that may hand items in: registering, new secrets, switching off (LIB-14)."""

import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.kinds import KINDS
from jiyue.library.open_intake.models import IntakeClient
from jiyue.library.permissions import can_edit_in
from jiyue.organizations.enums import UnitStatus
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import list_managed_units
from jiyue.sites.models import Channel
from jiyue.sites.selectors import list_open_channels

KEY_BYTES = 9
SECRET_BYTES = 32
MAX_CALLS_PER_MINUTE = 6_000
MAX_NETWORKS = 20
WINDOW_SECONDS = 60
MAX_FAILURES = 30  # wrong tokens of one address in a window; a technical limit against guessing


class ClientRefused(DomainError):
    """A client that can't be registered or changed like this."""

    code = "intake_client_refused"


class NotAuthenticated(DomainError):
    """A call without a valid token; the text never says what exactly was wrong."""

    code = "not_authenticated"


class TooManyCalls(DomainError):
    code = "too_many_calls"


class KeeperGone(DomainError):
    code = "keeper_gone"


@dataclass(frozen=True)
class ClientPlan:
    """What the platform manager decides about a client.

    Attributes:
        name: Name of the system.
        unit: Whose library its items enter.
        keeper: Entry clerk of the unit in whose name drafts are made.
        channels: Channels it may name.
        kinds: Kinds it may hand in.
        networks: Addresses or networks it calls from; empty for any.
        calls_per_minute: More calls are refused until the minute is over.
    """

    name: str
    unit: Organization
    keeper: StaffAccount
    channels: Sequence[Channel] = ()
    kinds: Sequence[str] = ()
    networks: Sequence[str] = ()
    calls_per_minute: int = 60


def list_clients(account: StaffAccount) -> QuerySet[IntakeClient]:
    """Clients of the units that the account manages as platform manager."""
    return (
        IntakeClient.objects.filter(unit__in=list_managed_units(account).order_by())
        .select_related("unit", "keeper__person")
        .order_by("unit__code", "name")
    )


def _require_manager(actor: StaffAccount, unit: Organization) -> None:
    if not list_managed_units(actor).filter(pk=unit.pk, status=UnitStatus.ACTIVE).exists():
        raise ClientRefused(
            _("You don't manage this unit."), fix=_("Choose a unit of your own subtree."), field="unit"
        )


def _require_plan(plan: ClientPlan) -> None:
    if not can_edit_in(plan.keeper, plan.unit.pk):
        raise ClientRefused(
            _("The keeper isn't an entry clerk of %(unit)s.") % {"unit": plan.unit.name},
            fix=_("Choose an active entry clerk of that unit."),
            field="keeper",
        )
    open_ids = set(list_open_channels([plan.unit.pk]).values_list("pk", flat=True))
    if {channel.pk for channel in plan.channels} - open_ids:
        raise ClientRefused(
            _("At least one of the channels isn't open to %(unit)s.") % {"unit": plan.unit.name},
            fix=_("Choose from the channels listed for the unit."),
            field="channels",
        )
    if not plan.kinds or set(plan.kinds) - set(dict(KINDS)):
        raise ClientRefused(_("No kind is chosen."), fix=_("Choose what it may hand in."), field="kinds")
    if not 1 <= plan.calls_per_minute <= MAX_CALLS_PER_MINUTE:
        raise ClientRefused(
            _("Between 1 and %(limit)d calls a minute are possible.") % {"limit": MAX_CALLS_PER_MINUTE},
            fix=_("Enter another number."),
            field="calls_per_minute",
        )


def _networks(texts: Sequence[str]) -> list[str]:
    try:
        found = [str(ipaddress.ip_network(text.strip(), strict=False)) for text in texts if text.strip()]
    except ValueError:
        found = [""] * (MAX_NETWORKS + 1)
    if len(found) > MAX_NETWORKS:
        raise ClientRefused(
            _("At least one line isn't an address or a network, or there are too many."),
            fix=_("Write one a line, such as 10.1.2.3 or 10.1.0.0/16."),
            field="networks",
        )
    return found


@transaction.atomic
def register_client(*, plan: ClientPlan, actor: StaffAccount) -> tuple[IntakeClient, str]:
    """Register a business system; its token is returned once and stored nowhere.

    Returns:
        The client, and its token `<key>.<secret>`.

    Raises:
        ClientRefused: Not the actor's unit; the keeper, a channel, a kind or a network doesn't fit;
            the unit has a system of this name.

    Source: GL 二(二)2; NB 20 (LIB-14).
    """
    _require_manager(actor, plan.unit)
    _require_plan(plan)
    name = storable(plan.name).strip()
    if not name:
        raise ClientRefused(_("The name is missing."), fix=_("Write the system's name."), field="name")
    secret, now = secrets.token_urlsafe(SECRET_BYTES), clock.now()
    try:
        with transaction.atomic():
            client = IntakeClient.objects.create(
                name=name,
                key=secrets.token_urlsafe(KEY_BYTES),
                secret_digest=_digest(secret),
                unit=plan.unit,
                keeper=plan.keeper,
                kinds=sorted(plan.kinds),
                networks=_networks(plan.networks),
                calls_per_minute=plan.calls_per_minute,
                created_by=actor,
                created_at=now,
                rotated_at=now,
            )
    except IntegrityError:
        raise ClientRefused(
            _("The unit has a system of this name already."), fix=_("Choose another name."), field="name"
        ) from None
    client.channels.set(plan.channels)
    _record(client, "intake_client.registered", actor, plan)
    return client, f"{client.key}.{secret}"


@transaction.atomic
def change_client(*, client: IntakeClient, plan: ClientPlan, actor: StaffAccount) -> IntakeClient:
    """Change what a client may do; name, unit and token stay.

    Raises:
        ClientRefused: As for a new one.
    """
    client = IntakeClient.objects.select_for_update(of=("self",)).select_related("unit").get(pk=client.pk)
    _require_manager(actor, client.unit)
    if plan.unit != client.unit:
        raise ClientRefused(
            _("A system stays with its unit."), fix=_("Register it anew for the other unit."), field="unit"
        )
    _require_plan(plan)
    client.keeper, client.kinds = plan.keeper, sorted(plan.kinds)
    client.networks, client.calls_per_minute = _networks(plan.networks), plan.calls_per_minute
    client.save()
    client.channels.set(plan.channels)
    _record(client, "intake_client.changed", actor, plan)
    return client


@transaction.atomic
def rotate_secret(*, client: IntakeClient, actor: StaffAccount) -> str:
    """Give a client a new secret; the old one is worth nothing from now on.

    Returns:
        The new token, shown once.

    Raises:
        ClientRefused: Not the actor's unit.
    """
    _require_manager(actor, client.unit)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    IntakeClient.objects.filter(pk=client.pk).update(secret_digest=_digest(secret), rotated_at=clock.now())
    _record(client, "intake_client.rotated", actor)
    return f"{client.key}.{secret}"


@transaction.atomic
def switch_client(*, client: IntakeClient, is_active: bool, actor: StaffAccount) -> None:
    """Switch a client off, or on again.

    Raises:
        ClientRefused: Not the actor's unit, or its keeper is no entry clerk any more.
    """
    _require_manager(actor, client.unit)
    if is_active and not can_edit_in(client.keeper, client.unit_id):
        raise ClientRefused(
            _("The keeper isn't an entry clerk of %(unit)s.") % {"unit": client.unit.name},
            fix=_("Choose another keeper first."),
        )
    IntakeClient.objects.filter(pk=client.pk).update(is_active=is_active)
    _record(client, "intake_client.switched_on" if is_active else "intake_client.switched_off", actor)


def authenticate(token: str, *, address: str) -> IntakeClient:
    """The client of a token, if it may call now from this address.

    Args:
        token: `<key>.<secret>`, as the `Authorization` header carries it.
        address: IP address of the caller.

    Raises:
        NotAuthenticated: Unknown, wrong, switched off, or from elsewhere.
        TooManyCalls: More calls, or wrong tokens, than a minute allows.
        KeeperGone: Nobody answers for it any more.
    """
    if _count(f"failed:{address}", step=0) >= MAX_FAILURES:
        raise _too_many()
    key, _dot, secret = token.partition(".")
    client = (
        IntakeClient.objects.select_related("unit", "keeper__person", "keeper__unit").filter(key=key).first()
    )
    expected = client.secret_digest if client else _digest("")
    is_right = hmac.compare_digest(_digest(secret), expected)
    if client is None or not is_right or not client.is_active or not _is_from(client, address):
        _refuse_call(client if is_right else None, address)
        raise NotAuthenticated(
            _("The token is unknown, was switched off, or may not be used from this address."),
            fix=_("Send “Authorization: Bearer <token>”, or ask the platform manager for a new token."),
        )
    if _count(f"calls:{client.pk}") > client.calls_per_minute:
        raise _too_many()
    if client.unit.status != UnitStatus.ACTIVE or not can_edit_in(client.keeper, client.unit_id):
        raise KeeperGone(
            _("Nobody answers for this system: its keeper isn't an entry clerk of the unit any more."),
            fix=_("The platform manager has to name another keeper."),
        )
    return client


def _refuse_call(client: IntakeClient | None, address: str) -> None:
    if _count(f"failed:{address}") <= MAX_FAILURES:  # beyond, the trail would only grow
        audit.record(
            actor=audit.PLATFORM,
            verb="intake.call_refused",
            subject_type="intake_client",
            subject_id=client.pk if client else "",
            address=address,
        )


def _too_many() -> TooManyCalls:
    return TooManyCalls(_("Too many calls within a minute."), fix=_("Wait a minute and call again."))


def _count(name: str, *, step: int = 1) -> int:
    """Count in the cache within a window; a race may count one call less, which hurts nobody."""
    key = f"intake:{crypto.sm3_hex(name.encode())}"
    cache.add(key, 0, WINDOW_SECONDS)
    try:
        return int(cache.incr(key, step))
    except ValueError:  # the window ended between the two calls
        return step


def _is_from(client: IntakeClient, address: str) -> bool:
    if not client.networks:
        return True
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(caller in ipaddress.ip_network(network) for network in client.networks)


def _digest(secret: str) -> str:
    """A plain digest suffices: the secret is random and as long as a key."""
    return crypto.sm3_hex(secret.encode())


def _record(client: IntakeClient, verb: str, actor: StaffAccount, plan: ClientPlan | None = None) -> None:
    facts: dict[str, object] = {"name": client.name, "unit": client.unit.name}
    if plan:
        facts |= {
            "account": plan.keeper.login_name,
            "kind": ", ".join(sorted(plan.kinds)),
            "address": ", ".join(plan.networks),
            "count": plan.calls_per_minute,
            "ids": sorted(channel.pk for channel in plan.channels),
        }
    audit.record(
        actor=actor.audit_actor(), verb=verb, subject_type="intake_client", subject_id=client.pk, **facts
    )
