"""View totals as small public files: written by the worker, read by the front.

Each file holds the totals of `IDS_PER_FILE` consecutive resource ids as JSON,
`{id: total}`. A batch of views rewrites only the files it touches, each by
rename; the front opens one file for one answer and needs no database.
"""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from jiyue.interaction.models import PageViews

IDS_PER_FILE = 256  # at most about 4 KB a file, 4,000 files for 1,000,000 resources
_FOLDER = ".views"  # no site key starts with a dot


def publish(resource_ids: Iterable[int]) -> int:
    """Rewrite the files that hold the given resources; return how many."""
    numbers = {resource_id // IDS_PER_FILE for resource_id in resource_ids}
    for number in sorted(numbers):
        _write(number)
    return len(numbers)


def read(resource_id: int) -> int:
    """Return the published total of a resource; 0 when there is none."""
    try:
        totals = json.loads(_path(resource_id // IDS_PER_FILE).read_bytes())
    except FileNotFoundError:
        return 0
    return int(totals.get(str(resource_id), 0))


def _path(number: int) -> Path:
    return Path(settings.JIYUE_OUTPUT_DIR) / _FOLDER / f"{number}.json"


def _write(number: int) -> None:
    path = _path(number)
    first = number * IDS_PER_FILE
    rows = PageViews.objects.filter(pk__gte=first, pk__lt=first + IDS_PER_FILE).values_list("pk", "count")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(json.dumps(dict(rows), separators=(",", ":")).encode())
    written = Path(file.name)
    written.chmod(0o644)  # the front is another user
    written.replace(path)
