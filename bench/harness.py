"""Runs benchmarks, beside a peer where there is one, and writes what was measured.

A benchmark is a module `bench/bench_NAME.py` with `NAME` and
`run(scale) -> list[Figure]`; it runs in a process of its own. Figures are medians over repeated rounds; ours
and the peer's rounds alternate, so that both meet the same weather on the
machine. Results go to `bench/results/NAME.json`.
"""

import importlib
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
# On another file system where this one is slow at making files; ours and the peer write to the same one.
SCRATCH = Path(os.environ.get("JIYUE_BENCH_SCRATCH") or ROOT / "build" / "bench")
ROUNDS = 3

Scale = Literal["ci", "100k", "1m"]
SCALES: tuple[Scale, ...] = ("ci", "100k", "1m")

_TARGET = re.compile(r"(<=|>=) ([\d.]+)( x)?")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        figure: What was measured, in words.
        value: Ours.
        unit: Unit of `value` and `peer_value`.
        target: `<= 1.0` or `>= 1000` for the value, `>= 6 x` for the ratio, or None.
        peer: Name and version of what ran beside us.
        peer_value: The peer's number.
        ratio: How many times better than the peer we are; above 1 is better.
    """

    figure: str
    value: float
    unit: str
    target: str | None = None
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None

    @property
    def is_reached(self) -> bool | None:
        """Whether the target is reached; None without a target.

        Raises:
            ValueError: The target is not written as `Figure` says.
        """
        if self.target is None:
            return None
        match = _TARGET.fullmatch(self.target)
        if match is None:
            raise ValueError(f"{self.figure}: target {self.target!r} cannot be read")
        measured = self.ratio if match[3] else self.value
        if measured is None:
            return False
        return measured <= float(match[2]) if match[1] == "<=" else measured >= float(match[2])


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took.

    Attributes:
        wall_seconds: From start to end.
        cpu_seconds: Own time: user and system time of the process and its children.
    """

    wall_seconds: float
    cpu_seconds: float


def cost_of(work: Callable[[], object]) -> Cost:
    """Run `work` in this process and return its cost."""
    wall, cpu = time.perf_counter(), _own_seconds()
    work()
    return Cost(time.perf_counter() - wall, _own_seconds() - cpu)


def _own_seconds() -> float:
    """User and system time of this process and its finished children so far."""
    return sum(os.times()[:4])


def cost_of_command(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Cost:
    """Run a command to its end and return its cost.

    Raises:
        subprocess.CalledProcessError: The command failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def alternate(
    ours: Callable[[], Cost], peer: Callable[[], Cost], *, rounds: int = ROUNDS
) -> tuple[list[Cost], list[Cost]]:
    """Run ours and the peer's in turn, `rounds` times each."""
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(rounds):
        costs[0].append(ours())
        costs[1].append(peer())
    return costs


def median_wall(costs: Sequence[Cost]) -> float:
    """Return the median of the wall times, in seconds."""
    return statistics.median(cost.wall_seconds for cost in costs)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed (nearest rank).

    Raises:
        ValueError: There is no value.
    """
    if not values:
        raise ValueError("no values were measured")
    rank = max(1, -(-len(values) * percent // 100))
    return sorted(values)[int(rank) - 1]


def faster(figure: str, ours: float, peer: str, peer_value: float, *, unit: str, target: str) -> Figure:
    """Describe durations of ours and a peer's: the ratio says how many times as fast we are."""
    return Figure(figure, ours, unit, target, peer, peer_value, peer_value / ours)


def higher(figure: str, ours: float, peer: str, peer_value: float, *, unit: str, target: str) -> Figure:
    """Describe rates of ours and a peer's: the ratio says how many times as much we do."""
    return Figure(figure, ours, unit, target, peer, peer_value, ours / peer_value)


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """Give an empty folder under `SCRATCH` and remove it afterwards."""
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def put_aside(folder: Path) -> None:
    """Make room for a new folder of the same name without deleting anything yet."""
    if folder.exists():
        number = sum(1 for _ in folder.parent.glob(f"{folder.name}-used-*"))
        folder.rename(folder.with_name(f"{folder.name}-used-{number}"))


def describe_machine() -> str:
    """Return processor, cores, memory and Python of this machine, without its name."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
        model = found[1] if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores {model}, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def benchmark_names() -> list[str]:
    """Return the names of all benchmarks."""
    return sorted(path.stem.removeprefix("bench_") for path in (ROOT / "bench").glob("bench_*.py"))


def load_benchmark(name: str) -> ModuleType:
    """Import one benchmark.

    Raises:
        LookupError: There is none of this name.
    """
    if name not in benchmark_names():
        raise LookupError(f"No benchmark {name!r}; there are: {', '.join(benchmark_names())}")
    return importlib.import_module(f"bench.bench_{name}")


def write_result(name: str, figures: Sequence[Figure], folder: Path = RESULTS) -> Path:
    """Write `NAME.json` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    result = {
        "name": name,
        "machine": describe_machine(),
        "figures": [asdict(figure) for figure in figures],
    }
    path.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def format_table(figures: Sequence[Figure]) -> str:
    """Return the figures as aligned text; a missed target is called `not reached`."""
    verdicts = {None: "", True: "reached", False: "not reached"}
    rows = [("figure", "value", "unit", "target", "", "peer", "peer value", "ratio")]
    rows += [
        (
            figure.figure,
            _number(figure.value),
            figure.unit,
            figure.target or "",
            verdicts[figure.is_reached],
            figure.peer or "",
            _number(figure.peer_value),
            _number(figure.ratio),
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
