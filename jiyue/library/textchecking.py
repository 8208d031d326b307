"""The text checks at work on items: before review, in the editor, and again before release."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from jiyue.library.checks import CHECKS, Checked, Moment, Remark
from jiyue.library.content import ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.library.richtext import html_to_text
from jiyue.library.selectors import get_attachment_texts
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_line_upward
from jiyue.organizations.selectors.people import list_responsible_persons
from jiyue.policy.selectors import Rules, read_rules
from jiyue.review.enums import SortOfContent
from jiyue.sites.selectors import list_sites
from jiyue.textcheck.checking import check_fields
from jiyue.textcheck.circumstances import Circumstances, Leader, Link
from jiyue.textcheck.enforcement import is_enforcement_title
from jiyue.textcheck.findings import WEIGHT, Finding, Severity
from jiyue.textcheck.rule_sets import RULE_SETS
from jiyue.textcheck.wanted import STYLE_SETS, Wanted, read_wanted

MAX_NAMED = 5  # findings named in one refusal; the editor shows all of them
# What protects people and secrets is asked for again at release, also where it is no veto: the text
# may have been changed during review.
PROTECTING_SETS = frozenset({"privacy", "enforcement", "secrets"})
ATTACHMENT = "attachments."  # then the number of the attachment
_LEADERS = (StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER)
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>')
_TAG = re.compile(r"<[^>]*>")
_CHECKED = ("title", "summary", "body_html", "issuing_body", "source", "picture_caption", "picture_alt")


def check_content(
    content: ResourceContent, *, unit: Organization, rules: Rules | None = None
) -> list[Finding]:
    """Everything that the text checks find in a state of an item, with nothing left out.

    Args:
        content: The state; its body as `clean_html` returns it.
        unit: Its unit, whose policy profile says what is checked.
        rules: The unit's policy values, where the caller has read them already.

    Source: HT 二(二)2; HT 附件(单项否决); GL 二(二)2; NB 15; CQ (三)
    (REV-18, REV-21, REV-22, REV-25, REV-28).
    """
    wanted = read_wanted(rules or read_rules(unit))
    rule_sets = wanted.rule_sets & RULE_SETS.keys()
    if content.originally_published_on:
        rule_sets -= STYLE_SETS
    circumstances = _circumstances(content, unit, wanted, has_style="ht_text" in rule_sets)
    found = []
    for fields, sets in (
        (fields_of(content), rule_sets),
        (words_of_attachments(content), rule_sets & (PROTECTING_SETS | wanted.veto_sets)),
    ):
        if fields:
            found += check_fields(
                fields,
                rule_sets=sets,
                circumstances=circumstances,
                veto_sets=wanted.veto_sets,
                blocking_sets=wanted.blocking_sets,
            )
    return found


def words_of_attachments(content: ResourceContent) -> dict[str, str]:
    """What the attachments say, as far as it could be read; asked only for what must never be public."""
    names = [file.media for file in content.attachments]
    texts = get_attachment_texts(names) if names else {}
    return {f"{ATTACHMENT}{number}": texts[name] for number, name in enumerate(names, 1) if texts.get(name)}


def open_findings(findings: Sequence[Finding], justifications: Mapping[str, str]) -> list[Finding]:
    """Findings that stop the item: every veto, and errors for which nobody has given a reason.

    Args:
        findings: What `check_content` found.
        justifications: Key of a finding → why it stays.
    """
    return [
        finding
        for finding in findings
        if finding.is_blocking
        and (finding.severity == Severity.VETO or not justifications.get(finding.key, "").strip())
    ]


def fields_of(content: ResourceContent) -> dict[str, str]:
    """The texts of an item that people read, by the name of the field."""
    fields = {name: text for name in _CHECKED if (text := getattr(content, name))}
    if content.body_html:
        fields["body_html"] = html_to_text(content.body_html)
    for name, text in content.details.items():
        if text:
            fields[f"details.{name}"] = text
    for number, file in enumerate(content.attachments, 1):
        if file.title:
            fields[f"{ATTACHMENT}{number}"] = file.title
    return fields


def links_of(html: str) -> tuple[Link, ...]:
    """The links of a clean body with the words that carry them."""
    found = []
    for match in _LINK.finditer(html):
        end = html.find("</a>", match.end())
        words = _TAG.sub("", html[match.end() : end if end >= 0 else None])
        found.append(Link(unescape(match[1]), unescape(words).strip()))
    return tuple(found)


def _circumstances(
    content: ResourceContent, unit: Organization, wanted: Wanted, *, has_style: bool
) -> Circumstances:
    links = links_of(content.body_html)
    if content.source_url:
        links = (*links, Link(content.source_url))
    above = get_line_upward(unit) if has_style else []
    units = [unit, *reversed(above)]
    return Circumstances(
        title_max_chars=wanted.title_max_chars,
        title_max_marks=wanted.title_max_marks or -1,
        paragraph_max_chars=wanted.paragraph_max_chars,
        is_news=content.kind == "article" and content.sort in ("", SortOfContent.GENERAL),
        is_enforcement=is_enforcement_title(content.title, content.subject_category),
        event_on=content.event_on,
        unit_names=tuple(name for one in units for name in (one.short_name, one.name) if name),
        short_names={one.name: one.short_name for one in units if one.short_name},
        leaders=_leaders(units) if has_style else (),
        allowed_numbers=_own_numbers(content),
        links=links,
        unofficial_links=wanted.unofficial_links,
        official_domains=_own_domains() if links else frozenset(),
    )


def _leaders(units: Sequence[Organization]) -> tuple[Leader, ...]:
    roles = list_responsible_persons([unit.pk for unit in units]).filter(role__in=_LEADERS)
    found = {(role.person.name, role.unit.short_name or role.unit.name) for role in roles}
    return tuple(Leader(name, unit, "") for name, unit in sorted(found))


def _own_numbers(content: ResourceContent) -> frozenset[str]:
    """Numbers and addresses that a kind asks for because people shall use them."""
    kind = KINDS.get(content.kind)
    meant = {field.name for field in kind.fields if field.format in ("phone", "email")}
    return frozenset(text for name, text in content.details.items() if name in meant)


def _own_domains() -> frozenset[str]:
    hosts = (urlsplit(address).hostname for address in list_sites().values_list("base_url", flat=True))
    return frozenset(host for host in hosts if host)


def check_texts(checked: Checked) -> list[Remark]:
    """The registered check: what stops the item first, then everything else as advice.

    Source: HT 附件(单项否决); GL 二(二)2; NB 15; CQ (三) (REV-18, REV-25).
    """
    findings = check_content(checked.content, unit=checked.unit, rules=checked.rules)
    stopping = [
        finding
        for finding in open_findings(findings, checked.content.justifications)
        if checked.moment == Moment.SUBMISSION
        or finding.severity == Severity.VETO
        or finding.category in PROTECTING_SETS
    ]
    remarks = list(_stopping_remarks(stopping))
    stopped = set(stopping)
    remarks += [_remark(finding, is_blocking=False) for finding in findings if finding not in stopped]
    return remarks


def _stopping_remarks(stopping: Sequence[Finding]) -> Iterator[Remark]:
    heaviest = sorted(stopping, key=lambda finding: WEIGHT[finding.severity])
    for finding in heaviest[:MAX_NAMED]:
        yield _remark(finding, is_blocking=True)
    if len(heaviest) > MAX_NAMED:
        rest = len(heaviest) - MAX_NAMED
        yield Remark(_("%(count)d more places have to be mended or justified.") % {"count": rest})


def _remark(finding: Finding, *, is_blocking: bool) -> Remark:
    text = f"{finding.message} {finding.fix}"
    if finding.field.startswith(ATTACHMENT):
        number = finding.field.removeprefix(ATTACHMENT)
        text = _("Attachment %(number)s: %(text)s") % {"number": number, "text": text}
    return Remark(text, is_blocking, finding.field, finding.clause)


def register() -> None:
    """Ask the text checks before review and before release."""
    CHECKS.register("texts", check_texts)
