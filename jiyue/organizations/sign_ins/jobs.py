"""What the worker does about sign-ins: closing what nobody uses, warning before a check is due."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from jiyue.core import clock
from jiyue.organizations.services import notify
from jiyue.organizations.sign_ins.enums import TerminalStatus
from jiyue.organizations.sign_ins.models import Terminal
from jiyue.organizations.sign_ins.selectors import (
    TerminalState,
    get_responsible_managers,
    get_terminal_state,
)
from jiyue.organizations.sign_ins.services.sessions import end_overdue
from jiyue.organizations.sign_ins.wording import day_text

BATCH = 200  # terminals looked at in one step
TOPIC = "terminal.check"


def close_sessions() -> Iterator[int]:
    """Close sessions nobody came back to, one batch a step."""
    while ended := end_overdue():
        yield ended


def warn_about_terminals() -> Iterator[int]:
    """Tell custodians and account managers which terminals have to be checked, each once per due day.

    Source: GL 七(一)3 (SEC-08; the warning is derived).
    """
    last = 0
    while True:
        terminals = list(
            Terminal.objects.filter(status=TerminalStatus.IN_USE, pk__gt=last)
            .select_related("unit")
            .order_by("pk")[:BATCH]
        )
        if not terminals:
            return
        for terminal in terminals:
            _warn(terminal, get_terminal_state(terminal, today=clock.today()))
        last = terminals[-1].pk
        yield len(terminals)


def _warn(terminal: Terminal, state: TerminalState) -> None:
    if state.is_overdue:
        text = _("Blocked: the security check of %(name)s was due on %(day)s.")
    elif state.is_due_soon:
        text = _("The security check of %(name)s is due on %(day)s.")
    else:
        return
    day = state.due_on.isoformat()
    notify(
        person_ids=[terminal.custodian_id, *get_responsible_managers(terminal.unit)],
        topic=TOPIC,
        title=text % {"name": terminal.name, "day": day_text(state.due_on)},
        key=f"{TOPIC}:{terminal.pk}:{day}:{'overdue' if state.is_overdue else 'ahead'}",
        path=f"/security/terminals/{terminal.pk}/",
    )
