"""Rules about pictures, recordings and attachments."""

from django.utils.translation import gettext_lazy as _

from jiyue.policy.keys.definitions import Definition, Stricter, choice, number

MEDIA_KEYS: dict[str, Definition] = {
    "media.picture_long_side": number(
        _("Pictures are cut down to this longer side"), "pixels", Stricter.LOWER
    ),
    "media.picture_max": number(_("Largest picture on a page"), "kilobytes", Stricter.LOWER),
    "media.picture_min_side": number(
        _("Pictures narrower than this are called unclear"), "pixels", Stricter.HIGHER, is_zero_off=True
    ),
    "media.video_max": number(_("Largest video"), "megabytes", Stricter.LOWER),
    "media.audio_max": number(_("Largest sound recording"), "megabytes", Stricter.LOWER),
    "media.document_max": number(_("Largest attachment"), "megabytes", Stricter.LOWER),
    "media.important_pictures": number(
        _("Pictures advised for an important item without a video"),
        "pictures",
        Stricter.HIGHER,
        is_zero_off=True,
    ),
    "media.unscanned": choice(
        _("Files that the virus scanner hasn't seen"),
        {"allowed": _("may be published, and are scanned later"), "held": _("wait for the scanner")},
    ),
}
