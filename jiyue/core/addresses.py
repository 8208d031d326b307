"""The real address of whoever sends a request, behind our own proxy or not."""

import ipaddress
from collections.abc import Collection


def client_address(peer: str, named: str, *, trusted: Collection[str]) -> str:
    """The address a request comes from.

    Only a trusted proxy may name another address than its own, in `X-Real-IP`,
    which it writes itself; `X-Forwarded-For` can be forged and is never read.

    Args:
        peer: Address of the connection.
        named: What `X-Real-IP` says.
        trusted: Addresses of our own proxies.

    Returns:
        The address in its plain spelling (IPv4 inside IPv6 becomes IPv4), or the
        peer as it was where it is no address.
    """
    own = _plain(peer)
    if own is None:
        return peer
    if own in {_plain(proxy) for proxy in trusted}:
        return _plain(named) or own
    return own


def _plain(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
