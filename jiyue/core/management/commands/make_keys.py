from typing import Any

from django.core.management.base import BaseCommand

from jiyue.core import at_rest, crypto, signing


class Command(BaseCommand):
    help = "Create the platform's key pairs and the storage key of the chosen algorithm where missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing."""
        for name in crypto.create_key_pairs():
            self.stdout.write(f"{name}: ready")
        signing.create_signing_key("manifest")
        self.stdout.write("manifest.ed25519: ready")
        self.stdout.write(f"storage-{at_rest.ensure_key()}: ready")
