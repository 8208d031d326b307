"""What may not change again; the vocabularies that ship; owners of the index numbers in use."""

from typing import ClassVar

from django.db import migrations
from django.utils import timezone

from jiyue.core.triggers import MakeAppendOnly
from jiyue.library.catalogue.shipping import read_shipped


def ship(apps, schema_editor):
    """Enter version 1 of every vocabulary that ships with terms."""
    if schema_editor.connection.alias != "default":
        return
    versions = apps.get_model("library_catalogue", "TaxonomyVersion")
    for shipped in read_shipped():
        versions.objects.create(
            taxonomy=shipped.taxonomy,
            number=1,
            terms=list(shipped.terms),
            successors={},
            digest=shipped.digest,
            basis=shipped.basis,
            created_at=timezone.now(),
        )


def own_numbers(apps, schema_editor):
    """Give every index number in use to the item that had it first."""
    if schema_editor.connection.alias != "default":
        return
    editions = apps.get_model("library", "Edition")
    numbers = apps.get_model("library_catalogue", "IssuedIndexNumber")
    rows = editions.objects.exclude(index_number="").order_by("pk").values_list("index_number", "resource_id")
    batch = []
    for number, resource_id in rows.iterator(chunk_size=2000):
        batch.append(numbers(number=number, resource_id=resource_id))
        if len(batch) == 2000:
            numbers.objects.bulk_create(batch, ignore_conflicts=True)
            batch = []
    numbers.objects.bulk_create(batch, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("library_catalogue", "0001_initial")]
    operations: ClassVar = [
        migrations.RunPython(ship, migrations.RunPython.noop),
        migrations.RunPython(own_numbers, migrations.RunPython.noop),
        *(
            MakeAppendOnly(f"library_catalogue_{table}")
            for table in ("taxonomyversion", "addedreview", "documentrelation", "issuedindexnumber")
        ),
        MakeAppendOnly("library_catalogue_contentsource", verbs=("DELETE",)),
    ]
