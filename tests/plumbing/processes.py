"""Programs and threads of tests: whatever a test waits for has a limit, and ends with it.

A program runs in a session of its own and writes into files: what it started
itself ends with it, and a grandchild that outlives it holds no pipe open.
"""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
Program = subprocess.Popen[bytes] | subprocess.Popen[str]

PATIENCE_SECONDS = 240.0  # longer than any of these takes on a machine five times slower than ours
GRACE_SECONDS = 20.0  # from the request to end until the end by force


class TookTooLong(AssertionError):
    """Something didn't end within its limit."""


def run(
    command: Sequence[str | Path],
    *,
    seconds: float = PATIENCE_SECONDS,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return its status and what it said.

    Args:
        command: The program and its arguments.
        seconds: After so long it is ended, with everything in its session.
        env: Its environment; the test's own where absent.
        cwd: Its folder; the test's own where absent.

    Raises:
        TookTooLong: It had to be ended; the text has what it said until then.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
        is_late = True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            is_late = False
        end(process)
        said = []
        for file in (output, errors):
            file.seek(0)
            said.append(file.read().decode("utf-8", "replace"))
    if is_late:
        raise TookTooLong(f"{command[0]} didn't end within {seconds:.0f} seconds: {''.join(said)}")
    return subprocess.CompletedProcess(command, process.returncode, *said)


def run_checked(
    command: Sequence[str | Path],
    *,
    seconds: float = PATIENCE_SECONDS,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a program that must succeed and return its output; the arguments are those of `run`."""
    done = run(command, seconds=seconds, env=env, cwd=cwd)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def end(process: Program) -> None:
    """End a program for sure: ask it, wait, then kill it; with its session, where it leads one."""
    if process.poll() is None:
        is_leader = os.getpgid(process.pid) == process.pid
        _signal(process, signal.SIGTERM, is_leader=is_leader)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        _signal(process, signal.SIGKILL, is_leader=is_leader)  # whoever of its session didn't listen
        process.wait(GRACE_SECONDS)


def _signal(process: Program, number: int, *, is_leader: bool) -> None:
    if is_leader:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
    else:
        process.send_signal(number)


@contextlib.contextmanager
def limited(
    process: subprocess.Popen[str], doing: str, *, seconds: float = PATIENCE_SECONDS
) -> Iterator[None]:
    """Kill a program that answers nothing, so that reading from it ends.

    Args:
        process: Whose answer is read in the block.
        doing: What it was asked for, for the text of the failure.
        seconds: How long the block may take.

    Raises:
        TookTooLong: It was killed.
    """
    fired = threading.Event()

    def kill() -> None:
        fired.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if fired.is_set():
            raise TookTooLong(f"no answer within {seconds:.0f} seconds: {doing}")


def join(*threads: threading.Thread, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for threads to end.

    Raises:
        TookTooLong: One of them goes on.
    """
    for thread in threads:
        thread.join(seconds)
        if thread.is_alive():
            raise TookTooLong(f"the thread {thread.name} goes on after {seconds:.0f} seconds")


def at_once(*tasks: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> list[T]:
    """Run the tasks in threads with connections of their own, all at the same moment; return their results.

    Raises:
        TookTooLong: One of them goes on; its thread keeps nobody from leaving.
        BaseException: What the first failed task raised.
    """
    barrier = threading.Barrier(len(tasks), timeout=seconds)
    results: dict[int, T] = {}
    errors: dict[int, BaseException] = {}

    def run_one(number: int) -> None:
        try:
            barrier.wait()
            results[number] = tasks[number]()
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            errors[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run_one, args=[number], daemon=True) for number in range(len(tasks))]
    for thread in threads:
        thread.start()
    join(*threads, seconds=seconds)
    for number in sorted(errors):
        raise errors[number]
    return [results[number] for number in range(len(tasks))]
