from django.db import migrations

import jiyue.core.fields


class Migration(migrations.Migration):
    """New rows are encrypted at once; earlier ones by `jiyue storage_keys --reseal`."""

    dependencies = [
        ('interaction', '0001_initial'),
    ]

    operations = [
        migrations.AlterField('citizenmessage', 'text', jiyue.core.fields.SealedTextField(verbose_name='what they wrote')),
        migrations.AlterField('citizenmessage', 'contact', jiyue.core.fields.SealedTextField(blank=True, verbose_name='contact')),
        migrations.AlterField('correctionreport', 'text', jiyue.core.fields.SealedTextField(verbose_name='what they wrote')),
        migrations.AlterField('correctionreport', 'contact', jiyue.core.fields.SealedTextField(blank=True, verbose_name='contact')),
    ]
