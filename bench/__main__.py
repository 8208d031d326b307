"""`python -m bench [NAME]`: run all benchmarks or one. `SCALE=ci|100k|1m` sets the size."""

import os
import subprocess
import sys

from bench.harness import (
    ROOT,
    SCALES,
    benchmark_names,
    describe_machine,
    format_table,
    load_benchmark,
    write_result,
)


def main(arguments: list[str]) -> int:
    """Run the command line."""
    scale = os.environ.get("SCALE") or "ci"
    if scale not in SCALES:
        print(f"SCALE must be one of {', '.join(SCALES)}, not {scale!r}", file=sys.stderr)
        return 2
    if not arguments:
        commands = [[sys.executable, "-m", "bench", name] for name in benchmark_names()]
        return max(
            (subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands), default=0
        )
    try:
        module = load_benchmark(arguments[0])
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{module.NAME} at scale {scale}, on {describe_machine()}", flush=True)
    figures = module.run(scale)
    path = write_result(module.NAME, figures)
    print(f"{format_table(figures)}\nwritten to {path.relative_to(ROOT)}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
