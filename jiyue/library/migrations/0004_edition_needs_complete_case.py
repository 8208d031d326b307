from django.db import migrations

from jiyue.core.triggers import ForbidInsert

# One approval of the last round for each of its levels, by as many different people (REV-01, LIB-02).
INCOMPLETE = """
    NEW.case_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM review_reviewcase AS c
        WHERE c.id = NEW.case_id AND c.status = 'approved'
          AND EXISTS (SELECT 1 FROM review_reviewstep AS s WHERE s.case_id = c.id AND s.round = c.round)
          AND NOT EXISTS (
              SELECT 1 FROM review_reviewstep AS s
              WHERE s.case_id = c.id AND s.round = c.round AND (
                  s.status <> 'approved' OR NOT EXISTS (
                      SELECT 1 FROM review_reviewaction AS a
                      WHERE a.step_id = s.id AND a.round = c.round AND a.verb = 'approve'
                  )
              )
          )
    )
"""


class Migration(migrations.Migration):
    """No edition without the complete chain, whoever writes."""

    dependencies = [("library", "0003_edition_index_number"), ("review", "0007_guards_again")]

    operations = [ForbidInsert("library_edition", name="complete_case", condition=INCOMPLETE)]
