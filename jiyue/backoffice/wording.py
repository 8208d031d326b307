"""Words for the stable names that the audit trail and the outbox store."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VERBS: dict[str, Promise] = {
    "account.opened": _("opened an account"),
    "account.second_factor_set": _("set up an authenticator"),
    "account.sign_in_failed": _("sign-in failed"),
    "account.code_refused": _("wrong code"),
    "account.signed_in": _("signed in"),
    "account.signed_out": _("signed out"),
    "role.assigned": _("assigned a role"),
    "resource.created": _("wrote an item"),
    "resource.saved": _("saved an item"),
    "resource.returned": _("item came back"),
    "resource.withdrawn": _("withdrew an item"),
    "case.submit": _("submitted for review"),
    "case.approve": _("approved"),
    "case.return": _("returned for changes"),
    "edition.released": _("released a public version"),
    "media.stored": _("uploaded a file"),
    "audit.verified": _("verified the audit trail"),
    "outbox.retried": _("retried side effects"),
}
SUBJECTS: dict[str, Promise] = {
    "resource": _("item"),
    "case": _("review case"),
    "media": _("file"),
    "account": _("account"),
    "person": _("person"),
    "audit": _("audit trail"),
    "outbox": _("side effect"),
}
BREACHES: dict[str, Promise] = {
    "changed": _("The entry was changed after it was sealed."),
    "removed": _("The entry was removed."),
    "text_changed": _("The text of the entry was changed."),
    "bad_signature": _("The signature doesn't fit."),
    "cut_off": _("The newest entries were cut off."),
    "gap": _("A seal is missing."),
}
TOPICS: dict[str, Promise] = {
    "review.release": _("release a reviewed item"),
}


def word(words: dict[str, Promise], name: str) -> str:
    """The word for a stored name, or the name itself where another room stored it."""
    return str(words.get(name, name))
