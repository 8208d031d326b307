"""Every change of the catalogue's state, one function per verb."""

from jiyue.library.catalogue.services.added_reviews import AddedReviewRefused, record_added_review
from jiyue.library.catalogue.services.mappings import MappingRefused, note_foreign_terms, set_mapping
from jiyue.library.catalogue.services.sources import SourceEntry, SourceRefused, change_source, enter_source
from jiyue.library.catalogue.services.taxonomies import (
    TaxonomyEntry,
    TaxonomyRefused,
    entry_refusal,
    propose_version,
)

__all__ = [
    "AddedReviewRefused",
    "MappingRefused",
    "SourceEntry",
    "SourceRefused",
    "TaxonomyEntry",
    "TaxonomyRefused",
    "change_source",
    "enter_source",
    "entry_refusal",
    "note_foreign_terms",
    "propose_version",
    "record_added_review",
    "set_mapping",
]
