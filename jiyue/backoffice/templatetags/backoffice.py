"""Tags of the staff pages."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice import shell
from jiyue.backoffice.forms.refusals import sentence
from jiyue.backoffice.wording import WAITING_AT
from jiyue.core.errors import DomainError
from jiyue.library.richtext import sanitize
from jiyue.organizations.models import StaffAccount
from jiyue.review.models import ReviewStep

register = template.Library()

FINISHED_DRAFT_KEY = "finished_draft"


@register.simple_tag(takes_context=True)
def side_bar_data(context: dict[str, Any]) -> SafeString:
    """Data that the side bar's script reads."""
    return json_script(shell.side_bar(context["request"]), "wagtail-sidebar-props")


@register.simple_tag(takes_context=True)
def shell_settings(context: dict[str, Any]) -> SafeString:
    """Settings that the shell's scripts read."""
    return json_script(shell.script_settings(context["request"]), "wagtail-config")


@register.simple_tag
def sprite_address() -> str:
    """Address of the icons."""
    return shell.icon_sprite_address()


@register.simple_tag(takes_context=True)
def finished_draft(context: dict[str, Any]) -> str:
    """Name of the browser's draft that was saved just now; told once."""
    request: HttpRequest = context["request"]
    return str(request.session.pop(FINISHED_DRAFT_KEY, "")) if hasattr(request, "session") else ""


@register.filter
def body(html: str) -> SafeString:
    """Body HTML for showing, through the sanitizer once more."""
    return mark_safe(sanitize(html))  # noqa: S308  # the sanitizer's closed list is what makes it safe


@register.filter
def moment(value: datetime | None) -> str:
    """A moment as 2026年11月21日 09:30, in Asia/Shanghai."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return _("%(year)s-%(month)s-%(day)s %(time)s") % {
        "year": local.year,
        "month": local.month,
        "day": local.day,
        "time": f"{local:%H:%M}",
    }


@register.filter
def exact_moment(value: datetime | None) -> str:
    """A moment to the second, for what goes out at a planned second: 2026年11月21日 09:30:00."""
    return f"{moment(value)}:{timezone.localtime(value):%S}" if value else ""


@register.filter
def day(value: date | None) -> str:
    """A date as 2026年11月21日."""
    if value is None:
        return ""
    return _("%(year)s-%(month)s-%(day)s") % {"year": value.year, "month": value.month, "day": value.day}


@register.filter
def spell(value: timedelta | None) -> str:
    """A duration in its two largest units."""
    if value is None:
        return ""
    minutes = int(value.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = []
    if days:
        parts.append(ngettext("%(count)d day", "%(count)d days", days) % {"count": days})
    if hours:
        parts.append(ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours})
    if not days and (minutes or not hours):
        parts.append(ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes})
    return _(" ").join(parts) if minutes or hours or days else _("less than a minute")


@register.filter
def size(value: int) -> str:
    """A number of bytes in KB, MB or GB."""
    if value < 1024 * 1024:
        return f"{max(1, round(value / 1024)):,} KB"
    if value < 1024**3:
        return f"{value / 1024**2:,.1f} MB"
    return f"{value / 1024**3:,.1f} GB"


@register.filter
def number(value: int) -> str:
    """A number with a comma every three digits."""
    return f"{value:,}"


@register.filter
def sum_text(value: Decimal | int) -> str:
    """A sum with a comma every three digits; its decimal places stay."""
    return f"{value:,}"


@register.simple_tag
def status_tag(status: str, label: str) -> SafeString:
    """A status as a word in a frame; the colour only repeats it."""
    return format_html('<span class="status status-{}">{}</span>', status, label)


@register.simple_tag
def account_tag(account: StaffAccount) -> SafeString:
    """The status of an account; an open one is good news, a locked one a warning."""
    look = "approved" if account.is_active else "returned"
    return status_tag(look, account.get_status_display())


@register.simple_tag
def step_tag(step: ReviewStep) -> SafeString:
    """The level at which something waits, as a status: as its route calls it, or by the three levels."""
    if step.label:
        label = _("waits: %(level)s") % {"level": step.label}
    else:
        label = str(
            WAITING_AT.get(step.level) or _("waits for the %(role)s") % {"role": step.get_role_display()}
        )
    return status_tag("in_review", label)


@register.filter
def whole_sentence(refusal: DomainError) -> str:
    """What happened and what to do, as one text."""
    return sentence(refusal)


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **values: object) -> str:
    """The present address with some parts of its query changed."""
    query = context["request"].GET.copy()
    for name, value in values.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"
