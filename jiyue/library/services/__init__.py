"""Every change of the library's state, one function per verb."""

from jiyue.library.completeness import NotSubmittable
from jiyue.library.services.editing import ConcurrentEdit, NotEditable, create_resource, save_revision
from jiyue.library.services.intake import (
    AlreadyImported,
    ImportPlan,
    IncomingFile,
    import_document,
    import_documents,
)
from jiyue.library.services.media import MediaRefused, store_media, store_upload
from jiyue.library.services.releasing import confirm_published
from jiyue.library.services.submitting import (
    submission_blockers,
    submit_batch,
    submit_for_review,
    submit_together,
)
from jiyue.library.services.withdrawing import NotWithdrawable, withdraw_resource

__all__ = [
    "AlreadyImported",
    "ConcurrentEdit",
    "ImportPlan",
    "IncomingFile",
    "MediaRefused",
    "NotEditable",
    "NotSubmittable",
    "NotWithdrawable",
    "confirm_published",
    "create_resource",
    "import_document",
    "import_documents",
    "save_revision",
    "store_media",
    "store_upload",
    "submission_blockers",
    "submit_batch",
    "submit_for_review",
    "submit_together",
    "withdraw_resource",
]
