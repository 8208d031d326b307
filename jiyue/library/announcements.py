"""Facts of the library that higher rooms react to, inside the same transaction."""

from dataclasses import dataclass

from jiyue.core.models import OutboxPriority
from jiyue.core.registries import Announcement
from jiyue.library.content import ResourceContent
from jiyue.library.models import Edition, MediaFile, Resource, Withdrawal
from jiyue.organizations.models import StaffAccount


@dataclass(frozen=True)
class EditionReleased:
    """An edition became the live one; `is_first` when the resource wasn't public before."""

    edition: Edition
    is_first: bool
    priority: OutboxPriority


@dataclass(frozen=True)
class ResourceSaved:
    """A state of a resource was saved: a new draft, or a change to one."""

    resource: Resource
    content: ResourceContent
    actor: StaffAccount


@dataclass(frozen=True)
class ResourceWithdrawn:
    """A resource is public no more."""

    resource: Resource
    withdrawal: Withdrawal


RESOURCE_SAVED: Announcement[ResourceSaved] = Announcement("resource saved")
EDITION_RELEASED: Announcement[EditionReleased] = Announcement("edition released")
ITEM_IS_OUT: Announcement[int] = Announcement("pages of an approved item are out")  # resource id
RESOURCE_WITHDRAWN: Announcement[ResourceWithdrawn] = Announcement("resource withdrawn")
MEDIA_TEXT_READ: Announcement[MediaFile] = Announcement("words of an attachment read")
