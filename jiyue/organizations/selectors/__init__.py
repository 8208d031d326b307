"""Who has which role where, today, and which units lie below which."""

from jiyue.organizations.selectors.roles import (
    get_active_roles,
    get_administered_unit_ids,
    get_held_roles,
    get_role_pairs,
    get_subtree_ids,
    get_unit_ids,
    get_units,
    has_role,
)
from jiyue.organizations.selectors.units import (
    get_line_upward,
    get_shared_unit_ids,
    in_subtrees,
    is_managed,
    list_active_units,
    list_managed_units,
    list_reforms_of,
    list_running_grants,
    list_visible_units,
    paths_of,
    walk_upward,
)

__all__ = [
    "get_active_roles",
    "get_administered_unit_ids",
    "get_held_roles",
    "get_line_upward",
    "get_role_pairs",
    "get_shared_unit_ids",
    "get_subtree_ids",
    "get_unit_ids",
    "get_units",
    "has_role",
    "in_subtrees",
    "is_managed",
    "list_active_units",
    "list_managed_units",
    "list_reforms_of",
    "list_running_grants",
    "list_visible_units",
    "paths_of",
    "walk_upward",
]
