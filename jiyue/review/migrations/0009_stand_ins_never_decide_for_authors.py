from django.db import migrations

from jiyue.core.triggers import ForbidInsert, MakeAppendOnly

# As `author_never_decides`, for whoever decides in an author's place (REV-02).
IN_AN_AUTHORS_PLACE = """
    NEW.verb IN ('approve', 'return') AND EXISTS (
        SELECT 1 FROM review_caseauthor AS author
        WHERE author.case_id = NEW.case_id AND author.person_id = NEW.on_behalf_of_id
    )
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0008_item_readings")]

    operations = [
        MakeAppendOnly("review_itemreading"),
        ForbidInsert(
            "review_reviewaction", name="nobody_decides_for_an_author", condition=IN_AN_AUTHORS_PLACE
        ),
    ]
