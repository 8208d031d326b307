from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sites", "0003_fill_site_roles")]

    operations = [
        migrations.RemoveField(model_name="site", name="operator"),
        migrations.RemoveField(model_name="site", name="sponsor"),
    ]
