"""Spot checks of a batch: which items whoever decides on it has to open first."""

from dataclasses import dataclass

from jiyue.core import crypto
from jiyue.organizations.models import StaffAccount
from jiyue.policy.selectors import read_rules
from jiyue.review.models import CaseItem, ItemReading, ReviewStep


@dataclass(frozen=True)
class Sample:
    """The spot check of one level.

    Attributes:
        items: Items drawn, in the order of the manifest.
        read_ids: Ids of those that the person has opened.
    """

    items: tuple[CaseItem, ...]
    read_ids: frozenset[int]

    @property
    def unread(self) -> tuple[CaseItem, ...]:
        """Items still to be opened."""
        return tuple(item for item in self.items if item.pk not in self.read_ids)


def sample_size(step: ReviewStep) -> int:
    """How many items of the step's batch have to be opened; none where the case is no batch.

    Source: policy keys `review.batch_sample` (per cent) and `review.batch_sample.minimum` (items).
    """
    if not step.case.is_batch:
        return 0
    rules = read_rules(step.case.unit)
    percent = rules.value("review.batch_sample").number
    minimum = rules.value("review.batch_sample.minimum").number
    share = -(-step.case.item_count * percent // 100)  # rounded up
    return min(step.case.item_count, max(share, minimum))


def get_sample(step: ReviewStep) -> list[CaseItem]:
    """Items drawn for a level, in the order of the manifest.

    Nobody chooses them: each item's rank is the SM3 digest of the manifest's
    digest, round, level and position. So everybody draws the same ones, another
    level draws others, and the record can be checked years later.

    Source: product decision, ADR 8.
    """
    size = sample_size(step)
    if not size:
        return []
    seed = f"{step.case.manifest_digest}:{step.round}:{step.level}"
    positions = range(1, step.case.item_count + 1)
    drawn = sorted(positions, key=lambda position: crypto.sm3_hex(f"{seed}:{position}".encode()))[:size]
    return list(step.case.items.filter(position__in=drawn).order_by("position"))


def get_reading(step: ReviewStep, account: StaffAccount) -> Sample:
    """The spot check of a level, and how far a person is with it."""
    read = ItemReading.objects.filter(step=step, person=account.person_id)
    return Sample(tuple(get_sample(step)), frozenset(read.values_list("item_id", flat=True)))
