from typing import Any

from django.core.management.base import BaseCommand

from jiyue.core import at_rest, audit, crypto, inbox


class Command(BaseCommand):
    help = "Create the platform's SM2 key pairs and SM4 storage key where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing."""
        for name in (audit.KEY_NAME, inbox.KEY_NAME):
            crypto.create_key_pair(name)
            self.stdout.write(f"{name}: ready")
        self.stdout.write(f"storage-{at_rest.ensure_key()}: ready")
