"""`python -m bench [NAME]`: run all benchmarks or one. `SCALE=ci|100k|1m` sets the size."""

import os
import sys

from bench.harness import ROOT, SCALES, describe_machine, find_benchmarks, format_table, write_result


def main(arguments: list[str]) -> int:
    """Run the command line."""
    scale = os.environ.get("SCALE", "ci")
    if scale not in SCALES:
        print(f"SCALE must be one of {', '.join(SCALES)}, not {scale!r}", file=sys.stderr)
        return 2
    try:
        modules = find_benchmarks(arguments[0] if arguments else None)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Machine: {describe_machine()}; scale: {scale}")
    for module in modules:
        print(f"\n{module.NAME}", flush=True)
        figures = module.run(scale)
        path = write_result(module.NAME, figures)
        print(f"{format_table(figures)}\nwritten to {path.relative_to(ROOT)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
