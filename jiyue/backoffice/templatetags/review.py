"""Tags of the reviewers' pages."""

from datetime import datetime

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jiyue.backoffice import storytelling, trail_pdf
from jiyue.backoffice.templatetags.backoffice import spell, status_tag
from jiyue.core import clock
from jiyue.library.accountability import ACTS, Answer
from jiyue.review.enums import CaseForm
from jiyue.review.models import ReviewCase, ReviewStep
from jiyue.review.services.opening import BY_HAND

register = template.Library()


@register.simple_tag
def case_marks(case: ReviewCase) -> SafeString:
    """What sets a case apart, as words in frames: urgent, held, major, sensitive, joint."""
    is_held = any(referral.answered_at is None for referral in case.referrals.all())
    marks = (
        (case.is_urgent, "urgent", _("urgent")),
        (is_held, "held", _("held")),
        (case.is_major, "major", _("major information")),
        (case.is_sensitive, "sensitive", _("sensitive")),
        (case.form == CaseForm.JOINT, "joint", _("goes out together")),
    )
    shown = ((status_tag(f"mark-{name}", word),) for is_on, name, word in marks if is_on)
    return format_html_join("", " {}", shown)


@register.filter
def waited(since: datetime | None) -> str:
    """How long something has been waiting until now."""
    return spell(clock.now() - since) if since else ""


@register.filter
def level_name(step: ReviewStep) -> str:
    """What people call a level."""
    return storytelling.level_name(step)


@register.filter
def step_time(step: ReviewStep) -> str:
    """How long a decided level had the case (REV-32)."""
    return spell(step.decided_at - step.opened_at) if step.decided_at and step.opened_at else ""


@register.filter
def major_words(case: ReviewCase) -> str:
    """Why a case is major information (REV-04)."""
    return major_reasons(case.major_reasons)


@register.filter
def major_reasons(reasons: list[str]) -> str:
    """Why something is major information: by hand, or the rules that it meets (REV-04)."""
    return _(", ").join(
        _("marked by hand") if reason == BY_HAND else _("rule “%(text)s”") % {"text": reason}
        for reason in reasons
    )


@register.filter
def act_words(answer: Answer) -> str:
    """What somebody answers for."""
    return str(ACTS[answer.act])


@register.filter
def warrant_words(answer: Answer) -> str:
    """By what somebody acted."""
    return trail_pdf.warrant_words(answer)
