"""Creating every table of an installation."""

from django.conf import settings
from django.core.management import call_command


def create_tables() -> None:
    """Run the migrations of every database; of the citizens' inbox only those of the room it belongs to."""
    call_command("migrate", verbosity=0)
    if "inbox" in settings.DATABASES:
        call_command("migrate", "core", database="inbox", verbosity=0)
