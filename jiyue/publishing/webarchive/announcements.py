"""Facts of the web archive that higher rooms react to, inside the same transaction."""

from collections.abc import Collection

from jiyue.core.registries import Announcement

# Resources whose public pages were written with another archive mark than before.
ARCHIVE_SHOWN: Announcement[Collection[int]] = Announcement("archive mark shown")

# Captured pages of former sites that came out or went.
CAPTURED_SHOWN: Announcement[Collection[int]] = Announcement("captured pages shown")
