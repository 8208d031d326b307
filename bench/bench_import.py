"""Import: documents a second into the library, and whether the memory stays flat.

Files are read by every processor and stored by one process, as `jiyue import`
does it. No peer reads these documents with their metadata, so none runs beside
us. Where the real laws lie beside the checkout, they are imported as well.
"""

import resource
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bench.corpus import articles
from bench.empty_platform import migrate_platform, open_platform
from bench.harness import ROOT, Figure, Scale

NAME = "import"
PLATFORM = open_platform(NAME)

from jiyue.core import audit  # noqa: E402
from jiyue.library.batch_import import Outcome, import_paths  # noqa: E402
from jiyue.library.services import ImportPlan  # noqa: E402
from jiyue.organizations.enums import StaffRole, UnitKind, UnitLevel  # noqa: E402
from jiyue.organizations.models import Person, StaffAccount  # noqa: E402
from jiyue.organizations.services import assign_role, create_unit, open_account  # noqa: E402

COUNTS: dict[Scale, int] = {"ci": 4_000, "100k": 100_000, "1m": 1_000_000}
LAWS = ROOT / "../shared/data/laws.tar.xz"
KIB = 1024


def run(scale: Scale) -> list[Figure]:
    """Measure at one scale."""
    migrate_platform()
    plan, actor = _make_clerk()
    folder = PLATFORM / "files"
    _write_files(folder, COUNTS[scale])
    first = _measure([folder], plan, actor)
    figures = [
        Figure("Markdown documents imported", first.rate, "documents/s", ">= 1000"),
        Figure("growth of memory over the second half", first.growth_mib, "MiB", "<= 16"),
    ]
    again = _measure([folder], plan, actor)
    figures.append(Figure("the same files again, all known", again.rate, "documents/s"))
    if LAWS.exists():
        laws = _measure([LAWS], plan, actor)
        figures.append(Figure("real laws imported from a .tar.xz", laws.rate, "documents/s", ">= 1000"))
        figures.append(Figure("real laws that could not be read", laws.counts[Outcome.FAILED], "documents"))
    return figures


class _Measured:
    """What one import took."""

    def __init__(self, counts: Counter[Outcome], seconds: float, peaks_kib: list[int]):
        self.counts = counts
        read = sum(counts.values()) - counts[Outcome.SKIPPED]
        self.rate = read / seconds
        self.growth_mib = (peaks_kib[-1] - peaks_kib[len(peaks_kib) // 2]) / KIB


def _measure(paths: Sequence[Path], plan: ImportPlan, actor: StaffAccount) -> _Measured:
    counts: Counter[Outcome] = Counter()
    peaks = []
    started = time.perf_counter()
    for result in import_paths(paths=paths, plan=plan, actor=actor):
        counts[result.outcome] += 1
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return _Measured(counts, time.perf_counter() - started, peaks)


def _make_clerk() -> tuple[ImportPlan, StaffAccount]:
    unit = create_unit(
        actor=audit.PLATFORM,
        code="000000001",
        name="Unit",
        level=UnitLevel.PREFECTURE_CITY,
        kind=UnitKind.DEPARTMENT,
    )
    person = Person.objects.create(name="Clerk")
    actor = open_account(
        person=person,
        unit=unit,
        login_name="clerk",
        password="only-for-the-benchmark",  # noqa: S106
        actor=audit.PLATFORM,
    )
    assign_role(
        person=person,
        unit=unit,
        role=StaffRole.ENTRY_CLERK,
        starts_on=date(2020, 1, 1),
        actor=audit.PLATFORM,
    )
    return ImportPlan(unit=unit, channel_ids=()), actor


def _write_files(folder: Path, count: int) -> None:
    folder.mkdir()
    for article in articles(count):
        body = "\n\n".join(article.paragraphs)
        day = article.issued_on
        (folder / f"{article.number}.md").write_text(
            f"# {article.title}\n\n{article.document_number}\n\n{body}\n\n"
            f"{article.unit}\n\n{day.year}年{day.month}月{day.day}日\n",
            encoding="utf-8",
        )
