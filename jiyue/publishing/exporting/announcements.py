"""Facts of imports that higher rooms react to, inside the same transaction."""

from jiyue.core.registries import Announcement

# Number of a site that was imported whole: what is public on it must be found.
SITE_IMPORTED: Announcement[int] = Announcement("site imported")
