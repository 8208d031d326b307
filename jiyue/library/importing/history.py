"""Who adopted, promulgated and revised a law or rule, and when."""

import re
from dataclasses import dataclass
from datetime import date

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiyue.library.importing.bodies import acting_body, order_number
from jiyue.library.importing.dates import find_dates, whole_date
from jiyue.library.importing.draft import Draft
from jiyue.library.importing.labels import note_impossible_date
from jiyue.library.importing.titles import is_organization, issuer_of

MAX_HISTORY_CHARS = 3_000  # characters; longer paragraphs only mention dates

_EVENT = re.compile(r"通过|公布|发布|颁布|批准|施行|修正|修订|修改|废止|制定|印发|备案|公告|令第")
_STARTS_WITH_DATE = re.compile(r"[(（]?\s?(?:根据)?\s?(?:19|20)\d{2}\s?年|[(（]?(?:根据)?[一二][〇○零九八]")
_NEXT_EVENT = re.compile(r"(?<=[过正订布行准改令号])\s*(?:根据)?\s*(?=(?:19|20)\d{2}年\d{1,2}月\d{1,2}日)")
_REVISED = re.compile(r"修正|修订|修改")
_ADOPTED = re.compile(r"通过|批准|制定")
_PROMULGATED = re.compile(r"公布|发布|颁布|公告|印发|令第?\s?[\d〇一二三四五六七八九十百]+\s?号$|号令$")
_REPEALED = re.compile(r"废止|失效")
_LEFT_OVER = " \t\u3000,，;；、()（）"


@dataclass(frozen=True, slots=True)
class Event:
    """One step in the life of a law: the day, and what happened."""

    day: date | None
    text: str


def is_history(text: str) -> bool:
    """Tell whether a line says when a text was adopted, promulgated or revised."""
    return (
        len(text) <= MAX_HISTORY_CHARS
        and _STARTS_WITH_DATE.match(text) is not None
        and _EVENT.search(text) is not None
        and not text.rstrip("）)").endswith(("。", "；", ":", "："))
    )


def join_entries(lines: list[str]) -> list[str]:
    """Return one line for each event: broken lines joined, several in one separated."""
    entries: list[str] = []
    for line in lines:
        text = line.strip(_LEFT_OVER)
        if not text:
            continue
        is_new = not entries or _STARTS_WITH_DATE.match(text) or not _STARTS_WITH_DATE.match(entries[-1])
        if not is_new:
            entries[-1] += ("、" if _ends_with_body(entries[-1]) else "") + text
        elif entries and whole_date(text) and not find_dates(entries[-1]):
            entries[-1] = f"{text} {entries[-1]}"
        else:
            entries.append(text)
    parts = [part for entry in entries for part in _NEXT_EVENT.split(entry)]
    return [
        part.strip(_LEFT_OVER).removesuffix("根据").strip(_LEFT_OVER)
        for part in parts
        if part.strip(_LEFT_OVER)
    ]


def _ends_with_body(entry: str) -> bool:
    """Tell whether an entry broke off behind the name of a body, so that another follows."""
    dates = find_dates(entry)
    return bool(dates) and is_organization(entry[dates[-1].end :].strip(_LEFT_OVER))


def read_history(draft: Draft, entries: list[str]) -> None:
    """Take adoption, promulgation and issuing body from the history of a text."""
    events = [_event(draft, entry) for entry in entries]
    dated = [event for event in events if event.day is not None]
    adopted = next((event for event in dated if _is_first(event, _ADOPTED)), None)
    promulgated = next((event for event in dated if _is_first(event, _PROMULGATED)), None)
    if adopted is not None:
        draft.find("written_on", adopted.day)
    if promulgated is not None:
        draft.find("written_on", promulgated.day)
        draft.find("originally_published_on", promulgated.day)
        draft.find("document_number", order_number(promulgated.text))
    if dated:
        draft.guess("written_on", dated[0].day)
        draft.guess("originally_published_on", draft.day("written_on"))
    _read_issuer(draft, [event for event in (adopted, promulgated, *dated[:1]) if event is not None])
    _note_last_change(draft, events)


def _event(draft: Draft, entry: str) -> Event:
    dates = find_dates(entry)
    if not dates:
        return Event(None, entry)
    if dates[0].day is None:
        note_impossible_date(draft, dates[0].text)
    return Event(dates[0].day, entry[dates[0].end :].strip(_LEFT_OVER))


def _is_first(event: Event, kind: re.Pattern[str]) -> bool:
    return kind.search(event.text) is not None and _REVISED.search(event.text) is None


def _read_issuer(draft: Draft, events: list[Event]) -> None:
    """Take the body that adopted the text; where a higher one only approved it, the one that issued it."""
    approvals: list[str] = []
    for event in events:
        body = acting_body(event.text, title=draft.title)
        if body and event.text.endswith("批准"):
            approvals.append(body)
        elif body:
            draft.find("issuing_body", _with_partners(body, draft.title))
            return
    draft.guess("issuing_body", approvals[0] if approvals else "")


def _with_partners(body: str, title: str) -> str:
    """Return all bodies that the title of a joint text names, or the one that acted."""
    issuers = issuer_of(title)
    return issuers if body in issuers.split("、") else body


def _note_last_change(draft: Draft, events: list[Event]) -> None:
    if any(_REPEALED.search(event.text) and "《" not in event.text for event in events):
        draft.find("validity_status", "repealed")
    changes = [event.day for event in events if event.day and _REVISED.search(event.text)]
    if changes:
        draft.note(
            "revised",
            format_lazy(_("The text is the version revised on {day}."), day=max(changes).isoformat()),
        )
