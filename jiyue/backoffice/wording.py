"""Words for the stable names that the audit trail and the outbox store."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The three levels of review; the first one is the clerk's own (REV-01).
WAITING_AT: dict[int, Promise] = {
    1: _("waits for first review"),
    2: _("waits for second review"),
    3: _("waits for final review"),
}
VERBS: dict[str, Promise] = {
    "account.opened": _("opened an account"),
    "account.second_factor_set": _("set up an authenticator"),
    "account.sign_in_failed": _("sign-in failed"),
    "account.code_refused": _("wrong code"),
    "account.signed_in": _("signed in"),
    "account.signed_out": _("signed out"),
    "role.assigned": _("assigned a role"),
    "unit.created": _("founded a unit"),
    "change.proposed": _("proposed a change"),
    "change.approved": _("approved a change"),
    "change.refused": _("refused a change"),
    "change.withdrawn": _("took a proposed change back"),
    "resource.created": _("wrote an item"),
    "resource.imported": _("imported an item"),
    "resource.saved": _("saved an item"),
    "resource.returned": _("item came back"),
    "resource.withdrawn": _("withdrew an item"),
    "case.submit": _("submitted for review"),
    "case.approve": _("approved"),
    "case.return": _("returned for changes"),
    "audit.text_erased": _("erased the text of an entry of the trail"),
    "edition.held_back": _("kept an approved version back, because the item was withdrawn"),
    "edition.released": _("released a public version"),
    "correction_report.received": _("received a correction report"),
    "citizen_message.received": _("received a comment"),
    "media.stored": _("uploaded a file"),
    "file.stored": _("stored a private file"),
    "file.opened": _("opened a private file"),
    "audit.verified": _("verified the audit trail"),
    "outbox.retried": _("retried side effects"),
}
SUBJECTS: dict[str, Promise] = {
    "resource": _("item"),
    "case": _("review case"),
    "media": _("file"),
    "private_file": _("private file"),
    "correction_report": _("correction report"),
    "citizen_message": _("comment"),
    "account": _("account"),
    "person": _("person"),
    "unit": _("unit"),
    "two_person_change": _("change that takes two persons"),
    "audit": _("audit trail"),
    "audit_entry": _("entry of the trail"),
    "outbox": _("side effect"),
}
BREACHES: dict[str, Promise] = {
    "changed": _("The entry was changed after it was sealed."),
    "removed": _("The entry was removed."),
    "text_changed": _("The text of the entry was changed."),
    "erasure_unrecorded": _("The text was erased, but no entry says by whom."),
    "bad_signature": _("The signature doesn't fit."),
    "cut_off": _("The newest entries were cut off."),
    "gap": _("A seal is missing."),
    "guard_missing": _("A trigger that protects the trail from changes is missing or switched off."),
}
FACTS: dict[str, Promise] = {
    "title": _("title"),
    "opinion": _("opinion"),
    "reason": _("reason"),
    "reason_type": _("kind of reason"),
    "level": _("level"),
    "item_count": _("number of items"),
    "manifest_digest": _("digest of what was reviewed"),
    "digest": _("digest of the content"),
    "mode": _("how it came in"),
    "revision": _("version"),
    "edition": _("public version"),
    "case": _("review case"),
    "role": _("role"),
    "unit": _("unit"),
    "person": _("person"),
    "starts_on": _("starts on"),
    "ends_on": _("ends on"),
    "sm3": _("digest of the file"),
    "size_bytes": _("size in bytes"),
    "purpose": _("purpose"),
    "breaches": _("number of breaches"),
    "ids": _("numbers"),
}
TOPICS: dict[str, Promise] = {
    "review.release": _("release a reviewed item"),
    "publishing.placement": _("make the page of an item"),
    "publishing.list": _("make a list page"),
    "publishing.channel": _("make the newest page of a channel"),
    "publishing.home": _("make the home page"),
    "publishing.sitemap": _("make the sitemap"),
    "publishing.site": _("make the files of a site"),
    "publishing.archive": _("renew older pages"),
    "search.index": _("bring the search up to date"),
}


def word(words: dict[str, Promise], name: str) -> str:
    """The word for a stored name, or the name itself where another room stored it."""
    return str(words.get(name, name))
