"""The `jiyue` command: Django's command line with the back office's settings."""

import os
import sys

from jiyue.demo.environment import create_environment, is_configured, load_environment


def main() -> None:
    """Run one management command.

    In a checkout where nothing is configured the demonstration city's settings
    apply; `jiyue demo` creates them.
    """
    if not is_configured():
        if sys.argv[1:2] == ["demo"]:
            create_environment()
        load_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiyue.config.settings.backoffice")
    from django.core.management import execute_from_command_line  # noqa: PLC0415  # settings first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
