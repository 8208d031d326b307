from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0004_edition_needs_complete_case'),
    ]

    operations = [
        migrations.AddField('mediafile', 'seconds', models.PositiveIntegerField(null=True)),
        migrations.AddField('mediafile', 'source_sm3', models.CharField(blank=True, default='', max_length=64), preserve_default=False),
        migrations.AddField('mediafile', 'source_bytes', models.PositiveBigIntegerField(default=0)),
        migrations.AddField('mediafile', 'scan_state', models.CharField(choices=[('not_scanned', 'not scanned'), ('clean', 'clean'), ('infected', 'infected')], default='not_scanned', max_length=12, verbose_name='virus scan')),
        migrations.AddField('mediafile', 'scan_note', models.CharField(blank=True, default='', max_length=200), preserve_default=False),
        migrations.AddField('mediafile', 'scanned_at', models.DateTimeField(null=True)),
        migrations.AddField('mediafile', 'text_state', models.CharField(choices=[('none', 'no text'), ('waiting', 'is being read'), ('done', 'read'), ('cut', 'read up to the limit'), ('failed', "couldn't be read")], default='none', max_length=10)),
        migrations.AddField('mediafile', 'extracted_text', models.TextField(blank=True, default=''), preserve_default=False),
        migrations.AddField('mediafile', 'text_note', models.CharField(blank=True, default='', max_length=200), preserve_default=False),
        migrations.AddIndex(
            model_name='mediafile',
            index=models.Index(condition=models.Q(('scan_state', 'not_scanned')), fields=['id'], name='media_unscanned'),
        ),
    ]
