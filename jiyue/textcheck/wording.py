"""What rules say to people; the words are translated, the data files hold none of them."""

from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

_NAME = _("“%(excerpt)s” is not the official name or wording.")
_WRITE = _("Write “%(right)s”.")
_MASK = _("Mask it, or give the reason why it has to stay.")
_ANEW = _("Word the sentence anew.")

# Rule → message, what to do.
WORDS: dict[str, tuple[Promise, Promise]] = {
    "misstatements.party_congress": (_NAME, _WRITE),
    "misstatements.party_congress_short": (_NAME, _WRITE),
    "misstatements.central_committee": (_NAME, _WRITE),
    "misstatements.peoples_congress": (_NAME, _WRITE),
    "misstatements.consultative_conference": (_NAME, _WRITE),
    "misstatements.called_countries": (
        _("“%(excerpt)s” calls Taiwan, Hong Kong or Macao a country."),
        _("Write “countries and regions”, or leave them out of the list."),
    ),
    "misstatements.mainland": (
        _("Beside Hong Kong and Macao, “%(excerpt)s” is the wrong word for the rest of the country."),
        _WRITE,
    ),
    "misstatements.taiwan_institutions": (
        _("“%(excerpt)s” presents Taiwan as a state."),
        _("Word it as the rules for news prescribe, or put the name in quotation marks."),
    ),
    "misstatements.party_after_state": (_("“%(excerpt)s” names the bodies in the wrong order."), _WRITE),
    "misstatements.order": (
        _("The parts of a fixed formula (%(note)s) stand in the wrong order."),
        _WRITE,
    ),
    "secrets.classification": (
        _("“%(excerpt)s” is a mark of secrecy."),
        _("Take the item out of the platform and tell your secrecy officer."),
    ),
    "secrets.internal": (
        _("“%(excerpt)s”: the text says that it is internal."),
        _("Ask the unit that made it."),
    ),
    "secrets.not_to_publish": (
        _("“%(excerpt)s”: the document itself says that it isn't for publication."),
        _("Ask the unit that made it, or give the reason why it may be published."),
    ),
    "secrets.cable": (_("“%(excerpt)s” is the mark of a cable."), _("Ask the unit that made it.")),
    "trade_secrets.marked": (_("“%(excerpt)s”: the text names itself a trade secret."), _("Ask the owner.")),
    "trade_secrets.figures": (
        _("“%(excerpt)s” may disclose a trade secret."),
        _("Make sure that the owner has agreed, or take it out."),
    ),
    "general_form.document_number": (
        _("The year of a document number stands in hexagonal brackets: “%(excerpt)s”."),
        _WRITE,
    ),
    "general_form.document_number_zero": (
        _("A document number has no ordinal word and no leading zeros: “%(excerpt)s”."),
        _("Write the number as it stands in the document."),
    ),
    "general_form.doubled_mark": (
        _("Punctuation marks stand twice: “%(excerpt)s”."),
        _("Take one of them out."),
    ),
    "general_form.half_width_mark": (
        _("A half-width mark stands between Chinese characters: “%(excerpt)s”."),
        _("Write the full-width mark."),
    ),
    "general_form.year_short": (
        _("The year is shortened: “%(excerpt)s”."),
        _("Write all four digits of the year."),
    ),
    "general_form.no_such_day": (_("There is no such day: “%(excerpt)s”."), _("Correct the date.")),
    "general_form.title_stop": (_("The title ends with a full stop."), _("Take the full stop out.")),
    "general_form.unpaired": (
        _("“%(excerpt)s” has no counterpart in its paragraph."),
        _("Add the other mark, or take this one out."),
    ),
    "ht_title.length": (
        _("The title has %(note)s characters more than the rules allow."),
        _("Shorten the title."),
    ),
    "ht_title.question": (_("The title asks: “%(excerpt)s”."), _("State what happened.")),
    "ht_title.imperative": (_("The title calls on people: “%(excerpt)s”."), _("State what happened.")),
    "ht_title.exclamation": (_("The title exclaims: “%(excerpt)s”."), _("State what happened.")),
    "ht_title.marks": (
        _("The title has more punctuation marks than it should: “%(excerpt)s”."),
        _("Word the title without punctuation as far as possible."),
    ),
    "ht_title.unit_name": (
        _("The title has the full name “%(excerpt)s” where a standard short form exists."),
        _WRITE,
    ),
    "ht_text.first_person": (
        _("“%(excerpt)s” speaks from within; readers don't know who is meant."),
        _("Write the name of the unit or place."),
    ),
    "ht_text.relative_day": (_("“%(excerpt)s” is wrong as soon as the day is over."), _("Write the date.")),
    "ht_text.vague_day": (_("“%(excerpt)s” is vague."), _("Write the date.")),
    "ht_text.exclamation": (_("The text asks or exclaims: “%(excerpt)s”."), _("Use a declarative sentence.")),
    "ht_text.date_digits": (
        _("Dates are written with the words for year, month and day: “%(excerpt)s”."),
        _WRITE,
    ),
    "ht_text.date_chinese": (_("Dates are written in Arabic numerals: “%(excerpt)s”."), _WRITE),
    "ht_text.date_short": (
        _("No date of the text names the year: “%(excerpt)s”."),
        _("Write year, month and day once."),
    ),
    "ht_text.numerals": (_("Numbers are written in Arabic numerals: “%(excerpt)s”."), _WRITE),
    "ht_text.percent": (_("Numbers are written in Arabic numerals: “%(excerpt)s”."), _WRITE),
    "ht_text.leader": (
        _("“%(excerpt)s” stands without unit and post."),
        _("Write unit, post and name: %(note)s."),
    ),
    "ht_text.paragraph": (
        _("A paragraph has %(note)s characters."),
        _("Divide the text into paragraphs."),
    ),
    "ht_text.no_time": (_("The text doesn't say when it happened."), _("Add the date.")),
    "ht_text.no_place": (_("The text doesn't say where it happened."), _("Add the place.")),
    "ht_text.no_person": (_("The text doesn't say who took part."), _("Add the persons or units.")),
    "ht_text.no_event": (_("The text doesn't say what happened."), _("Add the event.")),
    "privacy.identity_number": (_("“%(excerpt)s” is an identity number."), _MASK),
    "privacy.mobile": (_("“%(excerpt)s” is a mobile telephone number."), _MASK),
    "privacy.landline": (_("“%(excerpt)s” looks like a private telephone number."), _MASK),
    "privacy.bank_card": (_("“%(excerpt)s” is the number of a bank card."), _MASK),
    "privacy.passport": (_("“%(excerpt)s” is the number of a passport or travel permit."), _MASK),
    "privacy.plate": (_("“%(excerpt)s” is the registration number of a vehicle."), _MASK),
    "privacy.address": (_("“%(excerpt)s” is a private address down to the door."), _MASK),
    "privacy.email": (_("“%(excerpt)s” is a private e-mail address."), _MASK),
    "privacy.chat_account": (_("“%(excerpt)s” is a private WeChat or QQ account."), _MASK),
    "enforcement.party": (_("“%(excerpt)s” is the name of a party."), _MASK),
    "enforcement.credit_code": (
        _("“%(excerpt)s” is the credit code of a party."),
        _("Make sure that it has to be published, or mask it."),
    ),
    "links.blocked": (_("“%(excerpt)s” leads to a prohibited website."), _("Take the link out.")),
    "links.script": (_("“%(excerpt)s” is no address but a program."), _("Take the link out.")),
    "links.advertising": (
        _("“%(excerpt)s” leads to a shop or an advertisement."),
        _("Take the link out, or give the reason why it has to stay."),
    ),
    "links.hidden": (
        _("“%(excerpt)s” hides where it leads."),
        _("Link to the real address."),
    ),
    "links.unofficial": (
        _("“%(excerpt)s” is neither a government website nor official media."),
        _("Link to the official source, or take the link out."),
    ),
}


def explain(rule: str, excerpt: str, right: str = "", note: str = "") -> tuple[str, str]:
    """The message of a rule and what to do, in the reader's language.

    Raises:
        KeyError: The rule has no words.
    """
    return _explained(rule, excerpt, right, note, get_language() or "")


@lru_cache(maxsize=4096)  # texts repeat themselves, and translating costs more than finding
def _explained(rule: str, excerpt: str, right: str, note: str, _language: str) -> tuple[str, str]:
    message, fix = WORDS[rule]
    if fix is _WRITE and not right:
        fix = _ANEW
    names = {"excerpt": excerpt, "right": right, "note": note}
    return str(message) % names, str(fix) % names
