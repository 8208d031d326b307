"""What the office keeps about a site besides its pages: days of mourning, corrections, sums of visits.

Periods of mourning change how pages look and always travel, without the order
that they follow. Records of errors and sums of visits aren't public and go along
with history only.
"""

from typing import Any

from django.db.models import QuerySet

from jiyue.library.use.models import CorrectionFix, CorrectionRecord, DateChange
from jiyue.publishing.exporting.parts import Part, Row, Scope, column_names, register
from jiyue.publishing.visits.models import InclusionCount, ReferralCount
from jiyue.sites.models import MourningPeriod


def _with_history(scope: Scope, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows if scope.with_history else rows.none()


def _mourning(row: Row, scope: Scope) -> Row:
    return row if scope.with_history else {**row, "reason": ""}


register(
    [
        Part(
            "data/mourning_periods",
            MourningPeriod,
            column_names(MourningPeriod),
            lambda scope: MourningPeriod.objects.filter(site=scope.site),
            outgoing=_mourning,
        ),
        Part(
            "history/corrections",
            CorrectionRecord,
            column_names(CorrectionRecord),
            lambda scope: _with_history(scope, CorrectionRecord.objects.filter(edition__in=scope.editions)),
        ),
        Part(
            "history/correction_fixes",
            CorrectionFix,
            column_names(CorrectionFix),
            lambda scope: _with_history(scope, CorrectionFix.objects.filter(edition__in=scope.editions)),
        ),
        Part(
            "history/date_changes",
            DateChange,
            column_names(DateChange),
            lambda scope: _with_history(scope, DateChange.objects.filter(edition__in=scope.editions)),
        ),
        Part(
            "history/referral_counts",
            ReferralCount,
            column_names(ReferralCount, "id"),
            lambda scope: _with_history(scope, ReferralCount.objects.filter(site=scope.site)),
        ),
        Part(
            "history/inclusion_counts",
            InclusionCount,
            column_names(InclusionCount, "id"),
            lambda scope: _with_history(scope, InclusionCount.objects.filter(site=scope.site)),
        ),
    ]
)
