from django.db import migrations

from jiyue.core.triggers import ForbidInsert, MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial"), ("core", "0002_append_only")]

    operations = [
        MakeAppendOnly("review_reviewaction"),
        MakeAppendOnly("review_caseauthor"),
        ForbidInsert(
            "review_reviewaction",
            name="author_never_decides",
            condition="""
                NEW.verb IN ('approve', 'return') AND EXISTS (
                    SELECT 1 FROM review_caseauthor AS author
                    WHERE author.case_id = NEW.case_id AND author.person_id = NEW.person_id
                )
            """,
        ),
    ]
