from typing import Any

from django.core.management.base import BaseCommand

from jiyue.core.worker import Worker


class Command(BaseCommand):
    help = "Carry out side effects, take in citizens' input and seal the audit trail until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the worker in this process."""
        Worker().run()
