from jiyue.organizations.sign_ins.models.identities import ExternalIdentity
from jiyue.organizations.sign_ins.models.places import SignInRule, Terminal, TerminalCheck
from jiyue.organizations.sign_ins.models.sessions import FlagReview, SignInFlag, StaffSession

__all__ = [
    "ExternalIdentity",
    "FlagReview",
    "SignInFlag",
    "SignInRule",
    "StaffSession",
    "Terminal",
    "TerminalCheck",
]
