"""Benchmarks: each module `bench_*.py` has `NAME` and `run(scale) -> list[Figure]`."""
