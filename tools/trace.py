"""Print, per area and requirement, the passing tests that prove it.

Reads `build/trace.json`, which every test run writes (`tests/plumbing/trace.py`).
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_HEADING = re.compile(r"^#{2,3} (?:\d+\w?\. )?(.+)$")
_ROW = re.compile(r"^\| ([A-Z]+-\d{2,}) \|")


def areas() -> dict[str, list[str]]:
    """Return the IDs under each heading of `docs/requirements.md`, in its order."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8").splitlines():
        if title := _HEADING.match(line):
            heading = title[1]
        elif row := _ROW.match(line):
            found.setdefault(heading, []).append(row[1])
    return found


def short_name(test: str) -> str:
    """Return `test_name[case]` of a pytest node ID."""
    return test.rpartition("::")[2]


def report(proofs: dict[str, list[str]]) -> list[str]:
    """Return the lines of the report: areas with their requirements, totals last."""
    lines: list[str] = []
    totals: list[tuple[str, int, int]] = []
    for area, requirements in areas().items():
        lines += ["", area]
        for requirement in requirements:
            tests = sorted({short_name(test) for test in proofs.get(requirement, [])})
            lines.append(f"  {requirement} " + (f"proven {', '.join(tests)}" if tests else "open"))
        totals.append((area, sum(bool(proofs.get(name)) for name in requirements), len(requirements)))
    lines.append("")
    width = max(len(area) for area, _, _ in totals)
    lines += [f"{area:{width}}  {proven:3} of {count:3} proven" for area, proven, count in totals]
    proven, count = sum(total[1] for total in totals), sum(total[2] for total in totals)
    lines.append(f"{'Total':{width}}  {proven:3} of {count:3} proven, {count - proven} open")
    return lines[1:]


def main() -> int:
    """Run the command line."""
    path = ROOT / "build" / "trace.json"
    if not path.exists():
        print("build/trace.json does not exist: run the tests first (make test)", file=sys.stderr)
        return 1
    print("\n".join(report(json.loads(path.read_text(encoding="utf-8")))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
