"""One act of one person: one transaction, every question asked once, its audit entries written together.

Services that change something ask the database themselves who may do what,
under which rules. Inside one act the answers are the same, so each question is
asked once; the next act asks anew. Whatever an act itself changes must not be
among the questions: a service that changes roles, rules or calendars is a plain
transaction.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import transaction

from jiyue.core.audit.recording import gathering

Answers = dict[Hashable, Any]
T = TypeVar("T")
_answers: ContextVar[Answers | None] = ContextVar("answers of the present act", default=None)


@contextmanager
def asking_once(answers: Answers | None = None) -> Iterator[None]:
    """Keep the answers of `once` until the end of the block; an inner block shares those of the outer one.

    Args:
        answers: Where they are kept, for a request that looks several times; otherwise a new place.
    """
    if _answers.get() is not None:
        yield
        return
    token = _answers.set({} if answers is None else answers)
    try:
        yield
    finally:
        _answers.reset(token)


def once(question: Hashable, ask: Callable[[], T]) -> T:
    """The answer to a question: asked the first time in a block of `asking_once`, each time outside."""
    answers = _answers.get()
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    found: T = answers[question]
    return found


@contextmanager
def one_act() -> Iterator[None]:
    """A transaction in which every question is asked once and audit entries are written at the end.

    As a decorator of a service: `@one_act()` instead of `@transaction.atomic`.
    """
    with asking_once(), transaction.atomic(), gathering():
        yield
