"""Every change to sessions, flags, places and linked identities."""

from jiyue.organizations.sign_ins.services.flags import review_flag
from jiyue.organizations.sign_ins.services.identities import link_identity, unlink_identity
from jiyue.organizations.sign_ins.services.rules import clear_rule, propose_rule
from jiyue.organizations.sign_ins.services.sessions import (
    begin_session,
    end_session,
    end_sessions_of,
    use_session,
)
from jiyue.organizations.sign_ins.services.terminals import (
    CheckFacts,
    TerminalFacts,
    change_terminal,
    record_check,
    register_terminal,
    set_terminal_status,
)

__all__ = [
    "CheckFacts",
    "TerminalFacts",
    "begin_session",
    "change_terminal",
    "clear_rule",
    "end_session",
    "end_sessions_of",
    "link_identity",
    "propose_rule",
    "record_check",
    "register_terminal",
    "review_flag",
    "set_terminal_status",
    "unlink_identity",
    "use_session",
]
