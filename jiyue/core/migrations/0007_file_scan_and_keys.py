from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0006_two_person_payload'),
    ]

    operations = [
        migrations.AddField(
            model_name='privatefile',
            name='key_id',
            field=models.CharField(blank=True, default='', max_length=4),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='privatefile',
            name='scan_note',
            field=models.CharField(blank=True, default='', max_length=200),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='privatefile',
            name='scan_state',
            field=models.CharField(choices=[('not_scanned', 'not scanned'), ('clean', 'clean'), ('infected', 'infected')], default='not_scanned', max_length=12),
        ),
        migrations.AddField(
            model_name='privatefile',
            name='scanned_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='privatefile',
            index=models.Index(condition=models.Q(('scan_state', 'not_scanned')), fields=['id'], name='private_file_unscanned'),
        ),
        migrations.AddIndex(
            model_name='privatefile',
            index=models.Index(fields=['key_id'], name='private_file_key'),
        ),
    ]
