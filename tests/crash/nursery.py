"""A process that has loaded the platform once and forks others from it; started by `tests/test_crash.py`.

A fork is a process of its own, killed like any other; only the seconds of
loading are saved. It reads one command a line and answers when it is done.

    start COMMAND…  -> PID
    wait PID        -> exit status (negative: the signal)
"""

import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiyue.config.settings.backoffice")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.management.base import BaseCommand  # noqa: E402

from jiyue.core.management.commands import worker  # noqa: E402, F401  # loaded before the first fork


def start(*arguments: str) -> int:
    """Fork a process that runs a management command; what it says goes to `<PID>.out`."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        output = os.open(Path(os.environ["JIYUE_DATA_DIR"]) / f"{os.getpid()}.out", os.O_WRONLY | os.O_CREAT)
        for stream in (0, 1, 2):
            os.dup2(output if stream else os.open(os.devnull, os.O_RDONLY), stream)
        call_command(*arguments)
        status = 0
    except SystemExit as exit_:
        status = exit_.code if isinstance(exit_.code, int) else 1
    finally:
        sys.stdout.flush()
        os._exit(status)


def wait(process: str) -> int:
    """Wait until a process has ended."""
    return os.waitstatus_to_exitcode(os.waitpid(int(process), 0)[1])


def main() -> None:
    """Obey until the input ends."""
    BaseCommand.requires_system_checks = []
    doors = {"start": start, "wait": wait}
    print("ready", flush=True)  # noqa: T201 - the protocol
    for line in sys.stdin:
        verb, *words = line.split()
        print(doors[verb](*words), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
