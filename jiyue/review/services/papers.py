"""Signed papers: filed by the portal office, then named by the submission (REV-08 to REV-10)."""

from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.files import PURPOSES, FileRefused, Purpose, store_file
from jiyue.core.models import PrivateFile
from jiyue.core.text import storable
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_active_roles
from jiyue.policy.selectors import value
from jiyue.review.enums import CONSENT_PAPERS, STAMPED_PAPERS, PaperKind
from jiyue.review.filing import may_file_for, may_open_paper
from jiyue.review.models import PaperFiling
from jiyue.review.services.refusals import NotTheReviewer, ReviewRefused

SCAN_PURPOSE = "review.paper"
SCAN_SUFFIXES = frozenset({"pdf", "png", "jpg", "jpeg", "webp"})
_TEXTS: dict[str, tuple[Promise, int]] = {  # label, most characters
    "filing_number": (_("filing number"), 60),
    "title": (_("title"), 300),
    "signed_by": (_("signed by"), 60),
}
SCAN = Purpose(_("scan of a signed paper"), may_open_paper)


class PaperRefused(ReviewRefused):
    """A paper that can't be filed as it is."""

    code = "paper_refused"


@dataclass(frozen=True)
class Paper:
    """What the office writes down about a paper.

    Attributes:
        unit: Who submits it.
        kind: Which sort of paper it is.
        filing_number: Number in the files of the office; once per office.
        title: What it is about.
        signed_by: Name of the principal leader who signed.
        signed_on: Day of the signature.
        has_stamp: It bears the unit's stamp.
        consent_words: Words of consent that stand on it.
        scan: The whole file, a PDF or a picture.
        scan_name: Name the file came with.
    """

    unit: Organization
    kind: PaperKind
    filing_number: str
    title: str
    signed_by: str
    signed_on: date
    scan: bytes
    scan_name: str
    has_stamp: bool = False
    consent_words: str = ""


@transaction.atomic
def file_paper(*, paper: Paper, actor: StaffAccount) -> PaperFiling:
    """Take a signed paper to the files of the portal office, so that a submission can name it.

    Raises:
        RouteUnusable: No unit holds the portal office for the submitting unit.
        NotTheReviewer: The actor is neither review lead nor entry clerk of that office.
        PaperRefused: A mandatory part is missing or wrong, or the number is taken.
        FileRefused: The scan is neither a PDF nor a picture, too large, or not what its name says.

    Source: HT 二(三)2-4 (REV-08, REV-09, REV-10).
    """
    office = may_file_for(actor, paper.unit)
    if office is None:
        raise NotTheReviewer(
            _("Only the office that keeps the papers of %(unit)s files them.") % {"unit": paper.unit.name},
            fix=_("Hand the paper to the portal office."),
            field="unit",
        )
    texts = _clean(paper)
    _require_honest_date(paper.signed_on)
    _require_signer(paper.unit, texts["signed_by"], paper.signed_on)
    _require_marks(paper)
    scan = _store_scan(paper, office, actor)
    try:
        with transaction.atomic():
            filing = PaperFiling.objects.create(
                unit=paper.unit,
                filed_by_unit=office,
                kind=paper.kind,
                signed_on=paper.signed_on,
                has_stamp=paper.has_stamp,
                consent_words=storable(paper.consent_words).strip(),
                scan=scan,
                filed_by=actor,
                filed_at=clock.now(),
                **texts,
            )
    except IntegrityError:
        raise PaperRefused(
            _("The filing number %(number)s is taken.") % {"number": texts["filing_number"]},
            fix=_("Look the paper up in the list, or give this one the next number."),
            field="filing_number",
        ) from None
    audit.record(
        actor=actor.audit_actor(),
        verb="paper.filed",
        subject_type="paper_filing",
        subject_id=filing.pk,
        unit=paper.unit.pk,
        office=office.pk,
        kind=filing.kind,
        filing_number=filing.filing_number,
        signed_by=filing.signed_by,
        signed_on=filing.signed_on.isoformat(),
        scan_sm3=scan.sm3,
    )
    return filing


def _clean(paper: Paper) -> dict[str, str]:
    texts = {name: " ".join(storable(getattr(paper, name)).split()) for name in _TEXTS}
    for name, text in texts.items():
        label, limit = _TEXTS[name]
        if not text:
            raise PaperRefused(
                _("“%(field)s” is missing.") % {"field": label},
                fix=_("Read it off the paper and enter it."),
                field=name,
            )
        if len(text) > limit:
            raise PaperRefused(
                _("“%(field)s” has more than %(limit)d characters.") % {"field": label, "limit": limit},
                fix=_("Shorten it and send it again; nothing you typed is lost."),
                field=name,
            )
    return texts


def _require_honest_date(signed_on: date) -> None:
    if signed_on > clock.today():
        raise PaperRefused(
            _("The day of the signature lies in the future."),
            fix=_("Enter the day that stands beside the signature."),
            field="signed_on",
        )


def _require_signer(unit: Organization, signed_by: str, signed_on: date) -> None:
    """The principal leader signs; where the unit has one on that day, the name must be theirs."""
    leaders = get_active_roles(signed_on).filter(unit=unit, role=StaffRole.PRINCIPAL_LEADER)
    names = sorted(set(leaders.values_list("person__name", flat=True)))
    if names and signed_by not in names:
        raise PaperRefused(
            _("The paper must be signed by the principal leader of %(unit)s; on that day it was %(names)s.")
            % {"unit": unit.name, "names": ", ".join(names)},
            fix=_("Check the name and the day, or send the paper back to be signed."),
            field="signed_by",
        )


def _require_marks(paper: Paper) -> None:
    if paper.kind in STAMPED_PAPERS and not paper.has_stamp:
        raise PaperRefused(
            _("This sort of paper must bear the unit's stamp."),
            fix=_("Send the paper back to be stamped; it can't be filed without."),
            field="has_stamp",
        )
    if paper.kind not in CONSENT_PAPERS:
        return
    wanted = value("review.consent_words", paper.unit)
    if "".join(paper.consent_words.split()) != "".join(wanted.text.split()):
        raise PaperRefused(
            _("The words of consent must be “%(words)s” (%(clause)s).")
            % {"words": wanted.text, "clause": wanted.clause},
            fix=_("Copy the words from the paper; where they differ, send the paper back."),
            field="consent_words",
        )


def _store_scan(paper: Paper, office: Organization, actor: StaffAccount) -> PrivateFile:
    suffix = PurePosixPath(paper.scan_name).suffix.lower().lstrip(".")
    if suffix not in SCAN_SUFFIXES:
        raise FileRefused(
            _("The scan must be a PDF or a picture."),
            fix=_("Scan the signed paper as PDF, JPG, PNG or WEBP and upload that file."),
            field="scan",
        )
    return store_file(
        data=paper.scan,
        original_name=paper.scan_name,
        purpose=SCAN_PURPOSE,
        unit_id=office.pk,
        actor=actor.audit_actor(),
        field="scan",
    )


def register() -> None:
    """Enter the purpose of scans."""
    PURPOSES.register(SCAN_PURPOSE, SCAN)
