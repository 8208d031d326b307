import ast
from pathlib import Path

import pytest

from jiyue.backoffice.wording import SUBJECTS, VERBS
from jiyue.backoffice.work_words import JOB_WORDS, TOPICS
from jiyue.core.outbox import TOPICS as REGISTERED_TOPICS
from jiyue.core.schedule import JOBS

pytestmark = pytest.mark.unit

PACKAGE = Path(__file__).resolve().parents[2]


def recorded(argument: str) -> set[str]:
    """Every literal that the product hands to `audit.record` under this name."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record":
                found |= {
                    keyword.value.value
                    for keyword in node.keywords
                    if keyword.arg == argument and isinstance(keyword.value, ast.Constant)
                }
    return found


def test_every_act_in_the_trail_has_a_word():
    assert recorded("verb") - set(VERBS) == set()


def test_every_subject_in_the_trail_has_a_word():
    assert recorded("subject_type") - set(SUBJECTS) == set()


def test_every_side_effect_has_a_word():
    assert {topic for topic, _entry in REGISTERED_TOPICS} - set(TOPICS) == set()


def test_every_job_has_a_word():
    assert {name for name, _job in JOBS} == set(JOB_WORDS)
