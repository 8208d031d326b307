"""The national portal and central official media stand on the list from the start."""

import tomllib
from pathlib import Path
from typing import ClassVar

from django.db import migrations
from django.utils import timezone

FILE = Path(__file__).parents[1] / "shipped_sources.toml"


def ship(apps, schema_editor):
    """Enter what isn't there yet."""
    if schema_editor.connection.alias != "default":
        return
    sources = apps.get_model("library_catalogue", "ContentSource")
    data = tomllib.loads(FILE.read_text("utf-8"))
    for kind, rows in data["sources"].items():
        for name, site_url in rows:
            facts = {
                "kind": kind,
                "site_url": site_url,
                "listed_from": data["listed_from"],
                "changed_at": timezone.now(),
            }
            sources.objects.get_or_create(name=name, defaults=facts)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("library_catalogue", "0002_guards_and_shipped")]
    operations: ClassVar = [migrations.RunPython(ship, migrations.RunPython.noop)]
