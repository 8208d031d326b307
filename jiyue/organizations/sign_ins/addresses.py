"""Addresses and networks in one spelling, so that no other spelling slips past a list."""

import ipaddress
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Wider than any private range that exists: such a list would allow the whole internet.
_SHORTEST_PREFIX = {4: 8, 6: 7}
_SAME_PLACE_PREFIX = {4: 24, 6: 64}  # addresses that differ only behind it count as one place
_MAPPED_BITS = 96  # ::ffff:0:0/96 holds the IPv4 addresses


class NetworkRefused(DomainError):
    """A network or an address that can't be taken."""

    code = "network_refused"


def normal_address(text: str) -> str:
    """The one spelling of an address: IPv4 written inside IPv6 becomes IPv4, zones are refused.

    Raises:
        NetworkRefused: It isn't an address.
    """
    try:
        address: _Address = ipaddress.ip_address(text.strip())
    except ValueError:
        raise NetworkRefused(
            _("“%(text)s” isn't an address of a computer.") % {"text": text[:60]},
            fix=_("Write it like 10.20.3.7 or 2001:db8::7."),
            field="address",
        ) from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise NetworkRefused(
                _("“%(text)s” is valid on one cable only.") % {"text": text[:60]},
                fix=_("Write the address without the part behind the percent sign."),
                field="address",
            )
        address = address.ipv4_mapped or address
    return str(address)


def place_of(address: str) -> str:
    """The network an address counts to when places are compared; blank for an unreadable address."""
    try:
        normal = normal_address(address)
    except NetworkRefused:
        return ""
    prefix = _SAME_PLACE_PREFIX[ipaddress.ip_address(normal).version]
    return str(ipaddress.ip_network(f"{normal}/{prefix}", strict=False))


def normal_networks(texts: Iterable[str]) -> list[str]:
    """Networks in canonical CIDR spelling, without doubles.

    Raises:
        NetworkRefused: One is malformed or has bits behind its mask, or together
            they allow everybody.

    Source: GL 七(一)3; NB 26-27 (SEC-08).
    """
    networks = list(dict.fromkeys(_normal_network(text) for text in texts if text.strip()))
    for version, shortest in _SHORTEST_PREFIX.items():
        same = [network for network in networks if network.version == version]
        for joined in ipaddress.collapse_addresses(same):  # type: ignore[type-var]  # one version at a time
            if joined.prefixlen < shortest:
                raise NetworkRefused(
                    _("The list allows %(network)s: that is practically everybody.") % {"network": joined},
                    fix=_("Name the networks of your offices only."),
                    field="networks",
                )
    return [str(network) for network in networks]


def _normal_network(text: str) -> _Network:
    text = text.strip()
    try:
        network: _Network = ipaddress.ip_network(text)
    except ValueError as error:
        raise NetworkRefused(
            _("“%(text)s” isn't a network.") % {"text": text[:60]},
            fix=_corrected(text) or _("Write it like 10.20.0.0/16 or 2001:db8::/48, one per line."),
            field="networks",
        ) from error
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.ip_network(f"{mapped}/{network.prefixlen - _MAPPED_BITS}")
    return network


def _corrected(text: str) -> str:
    """What was probably meant where only the bits behind the mask are wrong."""
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ""
    return str(_("Did you mean %(network)s?") % {"network": meant})


def is_inside(address: str, networks: Iterable[str]) -> bool:
    """Tell whether an address lies in one of the networks; an unreadable one lies in none."""
    try:
        wanted = ipaddress.ip_address(normal_address(address))
    except NetworkRefused:
        return False
    return any(wanted in ipaddress.ip_network(network) for network in networks)
