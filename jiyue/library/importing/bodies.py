"""Which body acted, read from one line of a law's history."""

import re

from jiyue.library.importing.titles import without_state

_NUMBER = r"[\d〇零一二三四五六七八九十百]{1,8}"
_ASSEMBLY = re.compile(
    rf"(?P<place>[\u4e00-\u9fff]*?)第?{_NUMBER}届(?P<name>全国人民代表大会|人民代表大会|人大|检察委员会)?(?P<committee>常务委员会|常委会)?"
)
_ASSEMBLY_MEETING = re.compile(
    r"(?P<name>[\u4e00-\u9fff]*?人民代表大会(?:常务委员会)?)(?:第|主席团|会议|公告|通过|批准|公布)"
)
_MEETING = re.compile(
    rf"(?P<name>[\u4e00-\u9fff、]{{2,30}}?)(?:\d{{4}}年)?(?:第\s?{_NUMBER}\s?次|审判委员会|检察委员会|常务会议|党组会议|会议)"
)
_ORDER = re.compile(
    rf"(?:以)?(?P<name>[\u4e00-\u9fff、]{{2,60}}?)(?P<kind>令|公告)(?:\s?[(（]?第?\s?(?P<number>{_NUMBER})\s?号[)）]?)?"
)
_NUMBERED_ORDER = re.compile(
    rf"(?P<name>[\u4e00-\u9fff、]{{2,60}}?)第\s?(?P<number>{_NUMBER})\s?号(?P<kind>令|公告)"
)
_PLAIN = re.compile(r"(?P<name>[\u4e00-\u9fff、]{2,60}?)(?:联合)?(?:发布|公布|颁布|批准|印发|制定|通过|审议)")
_BY = re.compile(r"^(?:已?经|由|业经)")


def acting_body(event: str, *, title: str) -> str:
    """Return the body that acted in an event, without session, number and state prefix.

    Args:
        event: The line without its date, such as `第九届全国人民代表大会常务委员会第九次会议通过`.
        title: Title of the text; completes a place given only as 市 or 县.
    """
    text = _BY.sub("", event)
    assembly = _ASSEMBLY.match(text)
    if assembly and (assembly["place"] or assembly["name"]):
        return _assembly_name(assembly, title)
    for pattern in (_ASSEMBLY_MEETING, _NUMBERED_ORDER, _MEETING, _ORDER, _PLAIN):
        match = pattern.match(text)
        if match:
            return without_state(match["name"])
    return ""


def order_number(event: str) -> str:
    """Return the number of the order by which a text was promulgated, or ""."""
    for pattern in (_NUMBERED_ORDER, _ORDER):
        match = pattern.match(_BY.sub("", event))
        if match and match["number"] and match["kind"] == "令":
            return f"{without_state(match['name'])}令第{match['number']}号"
    return ""


def _assembly_name(match: re.Match[str], title: str) -> str:
    """Return the name of an assembly; "" where its place stays unknown."""
    place, name = match["place"].removesuffix("检察委员会"), match["name"] or ""
    if name == "检察委员会" or place != match["place"]:
        return place
    if len(place) == 1:
        own_place = re.match(rf"[\u4e00-\u9fff]{{1,7}}?{place}", title)
        if own_place is None:
            return ""
        place = own_place[0]
    assembly = (
        "" if place.endswith("人民代表大会") else name.replace("人大", "人民代表大会") or "人民代表大会"
    )
    return place + assembly + ("常务委员会" if match["committee"] else "")
