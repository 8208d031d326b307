"""The form of one item of the library."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.forms.attachments import (
    ACCEPTED_PICTURES,
    MAX_FILES,
    added_file,
    misplaced,
    named_files,
    new_attachment,
    read_attachments,
)
from jiyue.backoffice.forms.channels import ChannelChoiceField, SiteChannels, chosen_channels
from jiyue.backoffice.forms.metadata import MetadataForm, line
from jiyue.backoffice.forms.refusals import sentence
from jiyue.core.errors import DomainError
from jiyue.library.content import MAX_BODY_CHARS, Attachment, ResourceContent
from jiyue.library.models import MediaFile
from jiyue.library.services import store_upload
from jiyue.organizations.models import Organization, StaffAccount

_KEYWORD_SEPARATORS = re.compile(r"[\s,，、;；]+")
_BODY_MEDIA = re.compile(r"/media/([0-9a-f]{32}\.[a-z0-9]{1,8})(?![\w.-])")
_TEXT_FIELDS = ("title", "body_html", "summary", "picture", "picture_alt", "picture_caption")


class ResourceForm(MetadataForm):
    """All reviewed content of an item; drafts may be incomplete, so only the title is required."""

    base_number = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    title = forms.CharField(
        label=_("Title"),
        max_length=300,
        error_messages={
            "required": _("Title is empty."),
            "max_length": _("The title is longer than 300 characters."),
        },
    )
    body_html = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=MAX_BODY_CHARS,
        widget=forms.Textarea(attrs={"rows": 24, "data-rich-text": ""}),
        error_messages={
            "max_length": _(
                "The text is too long (%(show_value)d characters of HTML, at most %(limit_value)d). "
                "Split it into several items, or attach it as a file."
            )
        },
    )
    summary = forms.CharField(
        label=_("Summary"),
        max_length=500,
        required=False,
        help_text=_("Shown in lists and search results; if empty, the beginning of the text is shown."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    picture = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    picture_file = forms.FileField(
        label=_("Picture for lists"),
        required=False,
        help_text=_("JPEG, PNG, WebP, GIF or HEIC; a large one is cut down by itself."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED_PICTURES}),
    )
    picture_alt = line(_("Description of the picture"), 200, _("What it shows, for people who can't see it."))
    picture_caption = line(_("Caption of the picture"), 200, _("Shown below it."))
    remove_picture = forms.BooleanField(label=_("Take the picture out"), required=False)
    channel_ids = ChannelChoiceField()

    def __init__(
        self, *args: Any, unit: Organization, account: StaffAccount, is_history: bool = False, **kwargs: Any
    ):
        """Args: is_history: The item was published elsewhere before, so it has a date of its own."""
        super().__init__(*args, unit=unit, **kwargs)
        if not is_history:
            del self.fields["originally_published_on"]
        self._parts: dict[str, dict[str, str]] = {}  # subtitles and stills of this very post
        self.account = account
        self.is_history = is_history
        self.fields["channel_ids"].open_to(unit)  # type: ignore[attr-defined]  # a ChannelChoiceField
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    @classmethod
    def for_content(
        cls,
        content: ResourceContent,
        base_number: int,
        *,
        unit: Organization,
        account: StaffAccount,
        is_history: bool = False,
    ) -> "ResourceForm":
        """The form filled with a saved state."""
        initial: dict[str, Any] = {name: getattr(content, name) for name in _TEXT_FIELDS}
        initial |= {
            "base_number": base_number,
            **cls.metadata_of(content),
            "channel_ids": list(content.channel_ids),
            "attachments": content.attachments,
        }
        form = cls(initial=initial, unit=unit, account=account, is_history=is_history)
        if base_number == 0 and not content.channel_ids:
            form.initial["channel_ids"] = form.only_channel()
        return form

    def only_channel(self) -> list[int]:
        """The channel of a unit that has just one; nobody need tick it in a new item."""
        groups: list[SiteChannels] = self.fields["channel_ids"].groups  # type: ignore[attr-defined]
        channels = [channel.pk for group in groups for channel in group.channels]
        return channels if len(channels) == 1 else []

    def chosen_channels(self) -> set[int]:
        """Channels ticked in the form as it stands."""
        return chosen_channels(self["channel_ids"])

    def picture_name(self) -> str:
        """The picture of the form as it stands, an upload of this very post included."""
        return str(getattr(self, "_stored_picture", "") or self["picture"].value() or "")

    def attachments(self) -> tuple[Attachment, ...]:
        """Attachments of the form as it stands, without the ones taken out."""
        if not self.is_bound:
            return tuple(self.initial.get("attachments", ()))
        data = self.data
        assert isinstance(data, MultiValueDict)  # noqa: S101  # a posted form
        kept = (replace(item, **self._parts.get(item.media, {})) for item in read_attachments(data))
        return (*kept, *getattr(self, "_added", ()))

    def clean_body_html(self) -> str:
        """Pictures in the text must be files of the unit."""
        body: str = self.cleaned_data["body_html"]
        self._require_own_media(set(_BODY_MEDIA.findall(body)))
        return body

    def clean(self) -> dict[str, Any]:
        """Store what was uploaded, so that a refusal elsewhere doesn't lose it."""
        data = super().clean() or self.cleaned_data
        chosen = {data.get("picture") or "", *named_files(self.attachments())}
        try:
            self._require_own_media(chosen - {""})
        except forms.ValidationError as error:
            self.add_error(None, error)
            return data
        if data.get("remove_picture"):
            data["picture"] = data["picture_alt"] = data["picture_caption"] = ""
        self._store_files(data)
        return data

    def content(self) -> ResourceContent:
        """What the valid form says."""
        data = self.cleaned_data
        return ResourceContent(
            **{name: data[name] for name in _TEXT_FIELDS},
            **self.metadata(),
            keywords=tuple(word for word in _KEYWORD_SEPARATORS.split(data["keywords"]) if word),
            channel_ids=tuple(sorted(data["channel_ids"])),
            attachments=self.attachments(),
        )

    def _require_own_media(self, names: Iterable[str]) -> None:
        wanted = set(names)
        own = set(MediaFile.objects.filter(unit=self.unit, name__in=wanted).values_list("name", flat=True))
        if wanted - own:
            raise forms.ValidationError(
                _("A picture or attachment isn't a file of your unit. Upload it here and save again.")
            )

    def _store_files(self, data: dict[str, Any]) -> None:
        """Put the uploads into the media store; a refused one is named, the others are kept."""
        if picture := data.get("picture_file"):
            stored = self._store(picture, "picture_file")
            data["picture"] = stored.name if stored else data.get("picture", "")
        files = self.files.getlist("attachment_files")
        if len(files) > MAX_FILES:
            text = _("At most %(limit)d files at a time; you chose %(count)d. Add the rest afterwards.")
            self.add_error(None, text % {"limit": MAX_FILES, "count": len(files)})
            files = []
        media = [found for file in files if (found := self._store(file, None))]
        self._added = tuple(new_attachment(item) for item in media)
        self._store_parts()
        self._stored_picture: str = data.get("picture", "")

    def _store_parts(self) -> None:
        """Subtitles and stills that were uploaded for recordings."""
        for item in self.attachments():
            for part in ("captions", "poster"):
                file = added_file(self.files, item.media, part)
                media = self._store(file, None) if file else None
                if media is None:
                    continue
                if reason := misplaced(media, part):
                    self.add_error(None, reason)
                else:
                    self._parts.setdefault(item.media, {})[part] = media.name

    def _store(self, file: "UploadedFile[Any]", field: str | None) -> MediaFile | None:
        name = file.name or ""
        try:
            return store_upload(unit=self.unit, upload=file, actor=self.account)
        except DomainError as error:
            self.add_error(field, sentence(error) if field else f"{name}: {sentence(error)}")
            return None
