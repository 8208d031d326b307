from django.db import migrations

from jiyue.core.triggers import ForbidInsert, GuardAgain, MakeAppendOnly

AUTHOR_NEVER_DECIDES = """
    NEW.verb IN ('approve', 'return') AND EXISTS (
        SELECT 1 FROM review_caseauthor AS author
        WHERE author.case_id = NEW.case_id AND author.person_id = NEW.person_id
    )
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0006_steps_have_units")]

    operations = [
        GuardAgain(MakeAppendOnly("review_reviewaction")),
        GuardAgain(
            ForbidInsert("review_reviewaction", name="author_never_decides", condition=AUTHOR_NEVER_DECIDES)
        ),
        MakeAppendOnly("review_casepaper"),
        MakeAppendOnly("review_riskassessment"),
        MakeAppendOnly("review_reviewroute"),
    ]
