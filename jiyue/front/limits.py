"""How often one address may send a form. No address is stored, only a keyed digest of it."""

import ipaddress

from django.core.cache import cache
from django.utils.crypto import salted_hmac

# One person reporting errors all over a site stays below it; many people behind
# one address of an office still get through. A technical limit, not a legal one.
FORM_LIMIT = 20
FORM_WINDOW_SECONDS = 600
IPV6_PREFIX_BITS = 64  # what one household gets


def is_within_limit(address: str) -> bool:
    """Count one sending; tell whether the address may still send in this window."""
    key = f"form-limit:{salted_hmac('jiyue.front.limits', _network(address)).hexdigest()}"
    cache.add(key, 0, FORM_WINDOW_SECONDS)
    try:
        return cache.incr(key) <= FORM_LIMIT
    except ValueError:  # the window ended between the two calls
        return True


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network(f"{address}/{IPV6_PREFIX_BITS}", strict=False))
