from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0002_append_only")]

    operations = [
        migrations.AddIndex("edition", models.Index(fields=["index_number"], name="edition_index_number"))
    ]
