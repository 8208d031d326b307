from django.db import migrations, models

from jiyue.core.triggers import ForbidUpdate, MakeAppendOnly

PAPER_CHANGED = """
    OLD.kind <> NEW.kind OR OLD.filing_number <> NEW.filing_number OR OLD.title <> NEW.title
    OR OLD.signed_by <> NEW.signed_by OR OLD.signed_on <> NEW.signed_on
    OR OLD.has_stamp <> NEW.has_stamp OR OLD.consent_words <> NEW.consent_words
    OR OLD.scan_id <> NEW.scan_id OR OLD.filed_at <> NEW.filed_at OR OLD.filed_by_id <> NEW.filed_by_id
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0009_stand_ins_never_decide_for_authors")]

    operations = [
        migrations.AlterField(
            model_name="reviewaction",
            name="verb",
            field=models.CharField(
                choices=[
                    ("submit", "submitted"),
                    ("approve", "approved"),
                    ("return", "returned"),
                    ("recall", "taken back"),
                    ("revise", "changed during review"),
                    ("hold", "held and referred"),
                    ("resume", "taken up again"),
                    ("mark", "marked as sensitive"),
                    ("assess", "risk assessed"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="paperfiling",
            index=models.Index(fields=["unit", "-id"], name="paper_of_unit"),
        ),
        migrations.AddConstraint(
            model_name="paperfiling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("has_stamp", True),
                    models.Q(("kind__in", ("stamped_submission", "notice_consent")), _negated=True),
                    _connector="OR",
                ),
                name="paper_bears_its_stamp",
            ),
        ),
        migrations.AddConstraint(
            model_name="paperfiling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("consent_words", ""), _negated=True),
                    models.Q(
                        ("kind__in", ("notice_consent", "document_consent", "interpretation_consent")),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="paper_bears_the_consent",
            ),
        ),
        ForbidUpdate("review_paperfiling", name="stays_as_filed", condition=PAPER_CHANGED),
        MakeAppendOnly("review_paperfiling", verbs=("DELETE",)),
        ForbidUpdate(
            "review_referral", name="answered_stays_answered", condition="OLD.answered_at IS NOT NULL"
        ),
        MakeAppendOnly("review_referral", verbs=("DELETE",)),
        MakeAppendOnly("review_reviewdelegation", verbs=("DELETE",)),
        MakeAppendOnly("review_dutyshift", verbs=("DELETE",)),
    ]
