"""Kinds of resource: one file each, registered by name (LIB-06).

Adding a kind is adding a file here and naming it in `KIND_MODULES`.
"""

from importlib import import_module

from jiyue.library.kinds.base import KINDS, Kind, KindField

KIND_MODULES = (
    "article",
    "interpretation",
    "notice",
    "policy_document",
    "static_page",
    "institution_profile",
    "leader_profile",
    "service_item",
    "form_sample",
    "question_answer",
    "dataset",
    "statistic",
    "image",
    "audio",
    "video",
    "attachment",
)

for _name in KIND_MODULES:
    import_module(f"{__name__}.{_name}")

__all__ = ["KINDS", "Kind", "KindField"]
