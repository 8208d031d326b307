"""Facts of sites that higher rooms react to, inside the same transaction."""

from jiyue.core.registries import Announcement

# Number of a site whose pages may have to look different now.
SITE_CHANGED: Announcement[int] = Announcement("site changed")

# Number of a site that turns grey or back at another moment than was known.
MOURNING_CHANGED: Announcement[int] = Announcement("mourning changed")
