from dataclasses import dataclass

from django.utils.functional import Promise

from jiyue.core.registries import Registry


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Attributes:
        key: Stable name, stored with every resource.
        label: What people call it.
        required: Content fields that must be filled before submission.
        is_document: Documents show the metadata panel and the validity mark (PUB-14).
    """

    key: str
    label: Promise
    required: tuple[str, ...]
    is_document: bool = False


KINDS: Registry[Kind] = Registry("kinds of resource")
