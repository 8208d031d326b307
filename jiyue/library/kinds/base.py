from dataclasses import dataclass

from django.utils.functional import Promise

from jiyue.core.registries import Registry
from jiyue.review.enums import SortOfContent


@dataclass(frozen=True)
class KindField:
    """A field that only one kind has; its value is text in `ResourceContent.details`.

    Attributes:
        name: Stable name.
        label: What people call it.
        is_required: Whether it must be filled before submission.
        max_chars: Longest value, in characters.
        is_long: Whether the form offers several lines.
        format: `text`, `date`, `number`, `phone`, `email` or `url`; checked before submission.
        help_text: Shown beside the field.
    """

    name: str
    label: Promise
    is_required: bool = False
    max_chars: int = 200
    is_long: bool = False
    format: str = "text"
    help_text: Promise | str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Attributes:
        key: Stable name, stored with every resource.
        label: What people call it.
        required: Content fields that must be filled before submission.
        sort: What its items are about where the clerk doesn't say (REV-11).
        fields: Fields that only this kind has (LIB-06).
        shows_picture: Its page shows the picture that lists show: a portrait, a photo.
        is_document: Documents show the metadata panel and the validity mark (PUB-14).
    """

    key: str
    label: Promise
    required: tuple[str, ...]
    is_document: bool = False
    sort: SortOfContent = SortOfContent.GENERAL
    fields: tuple[KindField, ...] = ()
    shows_picture: bool = False

    def get_field(self, name: str) -> KindField | None:
        """The field of this kind's own with that name."""
        return next((field for field in self.fields if field.name == name), None)


KINDS: Registry[Kind] = Registry("kinds of resource")
