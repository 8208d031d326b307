import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jiyue.core.errors import DomainError
from jiyue.search import services

PROGRESS_EVERY = 1_000  # documents


class Command(BaseCommand):
    """Build the search index anew; visitors search the old one until the swap."""

    help = "Rebuild the search index from everything that is public."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild and print rate and total."""
        started = time.monotonic()

        def show(number: int) -> None:
            if number % PROGRESS_EVERY == 0:
                rate = number / (time.monotonic() - started)
                self.stdout.write(
                    _("%(number)s documents read, %(rate)s per second.")
                    % {"number": f"{number:,}", "rate": f"{rate:,.0f}"}
                )

        try:
            count = services.rebuild_index(progress=show)
        except DomainError as error:
            raise CommandError(f"{error.message} {error.fix}") from error
        self.stdout.write(
            self.style.SUCCESS(
                _("The search index holds %(count)s documents; it took %(seconds)s seconds.")
                % {"count": f"{count:,}", "seconds": f"{time.monotonic() - started:,.1f}"}
            )
        )
