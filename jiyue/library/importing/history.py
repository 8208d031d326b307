"""Who adopted, promulgated and revised a law or rule, and when."""

import re
from dataclasses import dataclass
from datetime import date

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiyue.library.importing.dates import find_dates
from jiyue.library.importing.draft import Draft
from jiyue.library.importing.labels import note_impossible_date

MAX_HISTORY_CHARS = 3_000  # characters; longer paragraphs only mention dates

_EVENT = re.compile(r"通过|公布|发布|颁布|批准|施行|修正|修订|修改|废止|制定|印发|备案|公告")
_STARTS_WITH_DATE = re.compile(r"[(（]?\s?(?:根据)?\s?(?:19|20)\d{2}\s?年|[(（]?(?:根据)?[一二][〇○零九八]")
_ENTRY_START = re.compile(r"(?=(?:(?<![起自于至])(?:19|20)\d{2}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日))")
_REVISED = re.compile(r"修正|修订|修改")
_ADOPTED = re.compile(r"通过|批准|制定")
_PROMULGATED = re.compile(r"公布|发布|颁布|公告|印发")
_REPEALED = re.compile(r"废止|失效")
_EFFECTIVE = re.compile(r"(?:自|起)?.{0,12}(?:施行|实施|生效)")
_SESSION = re.compile(
    r"([\u4e00-\u9fff]*?)第[一二三四五六七八九十百\d]+届(全国人民代表大会|[\u4e00-\u9fff]*?(?:人民代表大会|人大|检察委员会))?"
    r"(常务委员会|常委会)?第?[一二三四五六七八九十百\d]*次?"
)
_ORDER = re.compile(r"(?:以)?([\u4e00-\u9fff、]{2,40}?)(?:令|公告)(?:\s?[(（]?第?\s?([\d〇一二三四五六七八九十百]{1,8})\s?号[)）]?)?")
_MEETING = re.compile(r"([\u4e00-\u9fff]{2,30}?)(?:审判委员会|党组会议|部务会议|局务会议|委务会议|署务会议|第\s?\d+\s?次|常务会议)")
_PLAIN_BODY = re.compile(r"([\u4e00-\u9fff、]{2,40}?)(?:发布|公布|颁布|批准|印发|制定|通过)")
_STATE_PREFIX = "中华人民共和国"


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
        and not text.rstrip("）)").endswith("。")
    )


def join_entries(lines: list[str]) -> list[str]:
    """Return one line for each event: broken lines joined, several in one separated."""
    entries: list[str] = []
    for line in lines:
        text = line.strip().strip("()（）　 ")
        if not text:
            continue
        if entries and not _STARTS_WITH_DATE.match(text):
            entries[-1] += text
        else:
            entries.append(text)
    return entries


def read_history(draft: Draft, entries: list[str]) -> None:
    """Take adoption, promulgation and issuing body from the history of a text."""
    events = [_event(draft, entry) for entry in entries]
    events = [event for event in events if event.day or _EVENT.search(event.text)]
    adopted = next((event for event in events if _is_adoption(event)), None)
    promulgated = next((event for event in events if _is_promulgation(event)), None)
    first = adopted or promulgated
    if first is not None:
        draft.find("written_on", first.day)
        _read_issuer(draft, promulgated, adopted)
    if promulgated is not None:
        draft.find("originally_published_on", promulgated.day)
        _read_order(draft, promulgated)
    draft.guess("originally_published_on", draft.day("written_on"))
    _note_last_change(draft, events)


def _event(draft: Draft, entry: str) -> Event:
    dates = find_dates(entry)
    if not dates:
        return Event(None, entry)
    if dates[0].day is None:
        note_impossible_date(draft, dates[0].text)
    return Event(dates[0].day, entry[dates[0].end :].strip(" ，,"))


def _is_adoption(event: Event) -> bool:
    return event.day is not None and bool(_ADOPTED.search(event.text)) and not _REVISED.search(event.text)


def _is_promulgation(event: Event) -> bool:
    return event.day is not None and bool(_PROMULGATED.search(event.text)) and not _REVISED.search(event.text)


def _read_issuer(draft: Draft, promulgated: Event | None, adopted: Event | None) -> None:
    for event in (adopted, promulgated):
        body = _body_of(event.text) if event is not None else ""
        if body:
            draft.find("issuing_body", body)
            return


def _body_of(text: str) -> str:
    """Return the body that acted in an event, without session and number."""
    if text.startswith("国务院批准"):
        return ""
    session = _SESSION.match(text)
    if session and (session[2] or session[1]):
        return _assembly(session)
    for pattern in (_ORDER, _MEETING, _PLAIN_BODY):
        match = pattern.match(text)
        if match:
            return match[1].removeprefix(_STATE_PREFIX) or match[1]
    return ""


def _assembly(session: re.Match[str]) -> str:
    place, assembly, committee = session[1] or "", session[2] or "", session[3] or ""
    if "检察委员会" in assembly:
        return place
    name = (place + assembly).replace("人大", "人民代表大会")
    return name + ("常务委员会" if committee else "")


def _read_order(draft: Draft, promulgated: Event) -> None:
    order = _ORDER.match(promulgated.text)
    if order and order[2] and "公告" not in order[0]:
        draft.find("document_number", f"{order[1].removeprefix(_STATE_PREFIX)}令第{order[2]}号")


def _note_last_change(draft: Draft, events: list[Event]) -> None:
    if any(_REPEALED.search(event.text) and not event.text.count("《") for event in events):
        draft.find("validity_status", "repealed")
    changes = [event.day for event in events if event.day and _REVISED.search(event.text)]
    if changes:
        draft.note(
            "revised",
            format_lazy(_("The text is the version revised on {day}."), day=max(changes).isoformat()),
        )
