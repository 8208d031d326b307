"""What the editor asks while a clerk writes: findings in the text, as JSON."""

from collections.abc import Sequence
from typing import ClassVar

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.core import clock
from jiyue.core.errors import Text
from jiyue.library.content import MAX_BODY_CHARS, MAX_FIELD_CHARS, MAX_TITLE_CHARS, ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.library.richtext import RichTextTooLarge, clean_html
from jiyue.library.textchecking import check_content
from jiyue.organizations.enums import EDITING_ROLES, REVIEWING_ROLES, StaffRole
from jiyue.organizations.models import Organization
from jiyue.textcheck.findings import WEIGHT, Finding

MAX_ANSWERED = 300  # findings in one answer, the heaviest first; nobody reads more marks
_LIMITS = {"title": MAX_TITLE_CHARS, "summary": MAX_FIELD_CHARS, "body_html": MAX_BODY_CHARS}


class TextCheckView(StaffView):
    """Checks a text that need not be saved; it is kept nowhere."""

    roles: ClassVar[frozenset[StaffRole] | None] = EDITING_ROLES | REVIEWING_ROLES

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with the findings in title, summary and body."""
        unit = self._unit(request.POST.get("unit", ""))
        texts = {name: request.POST.get(name, "") for name in _LIMITS}
        for name, limit in _LIMITS.items():
            if len(texts[name]) > limit:
                message = _("The text has more than %(limit)d characters.") % {"limit": limit}
                return _refused(name, message, _("Shorten it; until then it isn't checked."))
        try:
            body_html = clean_html(texts["body_html"])
        except RichTextTooLarge as error:
            return _refused("body_html", error.message, error.fix)
        content = ResourceContent(
            kind=self._kind(request.POST.get("kind", "")),
            title=texts["title"],
            summary=texts["summary"],
            body_html=body_html,
            sort=request.POST.get("sort", "")[:MAX_FIELD_CHARS],
            subject_category=request.POST.get("subject_category", "")[:MAX_FIELD_CHARS],
            originally_published_on=clock.today() if request.POST.get("is_history") else None,
        )
        return JsonResponse(_answer(check_content(content, unit=unit)))

    def _unit(self, number: str) -> Organization:
        for unit in Organization.objects.filter(pk__in=self._unit_ids()):
            if str(unit.pk) == number:
                return unit
        raise Http404

    def _unit_ids(self) -> list[int]:
        return [unit_id for unit_id, role in self.role_pairs if role in (self.roles or ())]

    def _kind(self, name: str) -> str:
        return name if any(name == known for known, _kind in KINDS) else "article"


def _answer(findings: Sequence[Finding]) -> dict[str, object]:
    heaviest = sorted(findings, key=lambda finding: WEIGHT[finding.severity])[:MAX_ANSWERED]
    shown = [_as_json(finding) for finding in findings if finding in set(heaviest)]
    return {"findings": shown, "total": len(findings)}


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "field": finding.field,
        "excerpt": finding.excerpt,
        "occurrence": finding.occurrence,
        "message": str(finding.message),
        "fix": str(finding.fix),
        "replacement": finding.replacement,
        "severity": finding.severity.value,
        "category": finding.category,
        "key": finding.key,
        "clause": finding.clause,
    }


def _refused(name: str, message: Text, fix: Text) -> HttpResponse:
    error = {"code": "too_long", "field": name, "message": str(message), "fix": str(fix)}
    return JsonResponse({"error": error}, status=413)
