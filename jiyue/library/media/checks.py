"""What is asked of pictures, recordings and attachments before review and again before release (REV-23)."""

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext_lazy as _
from selectolax.lexbor import LexborHTMLParser, LexborNode

from jiyue.core.models import ScanState
from jiyue.library.checks import CHECKS, Checked, Remark
from jiyue.library.content import MEDIA_PREFIX, Attachment, ResourceContent
from jiyue.library.enums import TimelinessClass
from jiyue.library.models import MediaFile

CLAUSE = "HT 二(二)2(2)"
ACCESS_CLAUSE = "GB/T 37668"
SCAN_CLAUSE = "GL 七(一)3"
MIN_TRANSCRIPT_CHARS = 20  # shorter says nothing about a recording
_RECORDING_KINDS = frozenset({"video", "audio"})
_ADDRESS_FIELD = "address"  # of these kinds: where a recording lies that isn't uploaded
_TRANSCRIPT_FIELD = "transcript"  # of the kinds video and audio


def check_pictures(checked: Checked) -> Iterator[Remark]:
    """Every picture has a description for people who can't see it, and a caption.

    Source: HT 二(二)2(2) (REV-23: captioned); GB/T 37668.
    """
    content = checked.content
    if content.picture and not content.picture_caption.strip():
        yield Remark(_("The picture for lists has no caption."), field="picture_caption", clause=CLAUSE)
    for number, (image, caption) in enumerate(_body_pictures(content), start=1):
        if not (image.attributes.get("alt") or "").strip():
            yield Remark(
                _("Picture %(number)d in the text has no description for people who can't see it.")
                % {"number": number},
                field="body_html",
                clause=ACCESS_CLAUSE,
            )
        if not caption:
            yield Remark(
                _("Picture %(number)d in the text has no caption.") % {"number": number},
                field="body_html",
                clause=CLAUSE,
            )


def check_recordings(checked: Checked) -> Iterator[Remark]:
    """Every video has subtitles or its words as a text; every sound recording has its words as a text."""
    content, files = checked.content, _files(checked)
    has_recording = any(media.is_recording for media in files.values())
    if content.kind in _RECORDING_KINDS and not has_recording and not content.details.get(_ADDRESS_FIELD):
        yield Remark(
            _("There is no recording. Upload it as an attachment, or enter its address."), field="attachments"
        )
    for attachment in content.attachments:
        media = files.get(attachment.media)
        if media is None or not media.is_recording or _has_words(attachment, content):
            continue
        if media.is_video and not attachment.captions:
            yield Remark(
                _("The video “%(title)s” has neither subtitles nor its words as a text.")
                % {"title": attachment.title},
                field="attachments",
                clause=ACCESS_CLAUSE,
            )
        elif not media.is_video:
            yield Remark(
                _("The recording “%(title)s” has no text with its words.") % {"title": attachment.title},
                field="attachments",
                clause=ACCESS_CLAUSE,
            )


def check_roles(checked: Checked) -> Iterator[Remark]:
    """What stands for a picture, for subtitles or for a still is one."""
    content, files = checked.content, _files(checked)
    stills = {content.picture, *(item.poster for item in content.attachments)} - {""}
    captions = {item.captions for item in content.attachments} - {""}
    wrong = [name for name in stills if name in files and not files[name].is_picture]
    wrong += [name for name in captions if name in files and not files[name].is_captions]
    for name in sorted(wrong):
        yield Remark(
            _("The file “%(name)s” can't be shown where it stands.") % {"name": files[name].original_name},
            field="attachments",
        )


def check_scans(checked: Checked) -> Iterator[Remark]:
    """No file with a virus goes out; one that wasn't scanned as the unit's rules say."""
    is_held = checked.rules.value("media.unscanned").text == "held"
    for media in _files(checked).values():
        if media.scan_state == ScanState.INFECTED:
            yield Remark(
                _("The file “%(name)s” carries a virus. Take it out.") % {"name": media.original_name},
                field="attachments",
                clause=SCAN_CLAUSE,
            )
        elif media.scan_state == ScanState.NOT_SCANNED and is_held:
            yield Remark(
                _("The virus scanner hasn't seen the file “%(name)s” yet. It does so as soon as it is back.")
                % {"name": media.original_name},
                field="attachments",
                clause=SCAN_CLAUSE,
            )


def advise(checked: Checked) -> Iterator[Remark]:
    """Unclear pictures, and important items that show too little; advice stops nothing.

    Source: HT 二(二)2(2) (REV-23: important items prompt for several pictures or video).
    """
    content, files = checked.content, _files(checked)
    min_side = checked.rules.value("media.picture_min_side").number
    shown = [files[name] for name in _shown_names(content) if name in files]
    for media in shown:
        if media.is_picture and max(media.width or 0, media.height or 0) < min_side:
            yield Remark(
                _("The picture “%(name)s” is small (%(width)d × %(height)d) and may look unclear.")
                % {"name": media.original_name, "width": media.width or 0, "height": media.height or 0},
                is_blocking=False,
                clause=CLAUSE,
            )
    wanted = checked.rules.value("media.important_pictures").number
    has_video = any(media.is_video for media in files.values())
    count = sum(media.is_picture for media in shown)
    if content.timeliness == TimelinessClass.MAJOR_EVENT and not has_video and count < wanted:
        yield Remark(
            _("An important item should show %(wanted)d pictures or a video; this one has %(count)d.")
            % {"wanted": wanted, "count": count},
            is_blocking=False,
            clause=CLAUSE,
        )


def register() -> None:
    """Enter the checks."""
    CHECKS.register("media.pictures", lambda checked: tuple(check_pictures(checked)))
    CHECKS.register("media.recordings", lambda checked: tuple(check_recordings(checked)))
    CHECKS.register("media.roles", lambda checked: tuple(check_roles(checked)))
    CHECKS.register("media.scans", lambda checked: tuple(check_scans(checked)))
    CHECKS.register("media.advice", lambda checked: tuple(advise(checked)))


def _has_words(attachment: Attachment, content: ResourceContent) -> bool:
    texts: Sequence[str] = (attachment.transcript, content.details.get(_TRANSCRIPT_FIELD, ""))
    return any(len(text.strip()) >= MIN_TRANSCRIPT_CHARS for text in texts)


def _files(checked: Checked) -> Mapping[str, MediaFile]:
    """The item's files by name; read once for all checks of a state."""
    known: Mapping[str, MediaFile] | None = checked.__dict__.get("media_files")
    if known is None:
        names = checked.content.media_names()
        rows = MediaFile.objects.filter(unit=checked.unit, name__in=names) if names else ()
        known = checked.__dict__["media_files"] = {media.name: media for media in rows}
    return known


def _shown_names(content: ResourceContent) -> list[str]:
    sources = (str(image.attributes["src"]) for image, _caption in _body_pictures(content))
    names = [content.picture, *(source.removeprefix(MEDIA_PREFIX) for source in sources)]
    return list(dict.fromkeys(name for name in names if name))


def _body_pictures(content: ResourceContent) -> Iterator[tuple[LexborNode, str]]:
    """Pictures of the media store in the text, each with its caption."""
    if MEDIA_PREFIX not in content.body_html:
        return
    for image in LexborHTMLParser(content.body_html).css("img"):
        if str(image.attributes.get("src") or "").startswith(MEDIA_PREFIX):
            figure = image.parent
            while figure is not None and figure.tag != "figure":
                figure = figure.parent
            legend = figure.css_first("figcaption") if figure is not None else None
            yield image, legend.text(strip=True) if legend is not None else ""
