from django.db import migrations

from jiyue.core.triggers import ForbidInsert, GuardAgain

# The case of the edition pinned this very state, and has one approval of its last round for each of the
# round's levels, by as many different people (REV-01, LIB-02); an edition without a case is none.
INCOMPLETE = """
    NEW.case_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM review_reviewcase AS c
        JOIN review_caseitem AS i ON i.case_id = c.id
        WHERE c.id = NEW.case_id AND c.status = 'approved'
          AND i.subject_type = 'resource'
          AND i.subject_key = CAST(NEW.resource_id AS varchar)
          AND i.pin = CAST(NEW.revision_id AS varchar)
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
GUARD = ForbidInsert("library_edition", name="complete_case", condition=INCOMPLETE)


class Migration(migrations.Migration):
    """No edition without the complete chain over its own state, whoever writes."""

    dependencies = [
        ("library", "0005_media_processing"),
        ("review", "0009_stand_ins_never_decide_for_authors"),
    ]

    operations = [GuardAgain(GUARD)]
