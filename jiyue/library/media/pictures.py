"""Pictures as the library keeps them: upright, of a size for the screen, without hidden data.

Whatever a camera wrote beside the picture goes: place, time, device, names,
comments, previews; bytes before or behind the picture too, because it is
written anew. Colours become sRGB. The upload itself isn't kept.

Source: HT 二(二)2(2) (REV-23: oversize files are cut down); GL 七(一)3 (SEC-06).
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

import pi_heif
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from jiyue.library.media.refusals import MediaRefused, refuse

# A decompression bomb is larger; JPEG is read at a fraction of its size.
MAX_PIXELS = 40_000_000
MAX_JPEG_PIXELS = 170_000_000
MAX_UPLOAD_BYTES = 60 * 1024 * 1024  # of a picture before it is cut down; cameras stay below it
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
QUALITIES = (85, 70)  # tried in turn until the file is small enough
MIN_SHRINK, MAX_SHRINK = 0.5, 0.9  # of the sides, where the lower quality is still too large
MIN_LONG_SIDE = 320  # pixels; nothing is cut down further
_16_BIT = frozenset({"I", "I;16", "I;16B", "I;16L", "F"})
_UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    RuntimeError,
    struct.error,
    zlib.error,
)

pi_heif.register_heif_opener(thumbnails=False)


@dataclass(frozen=True)
class PictureLimits:
    """What a kept picture may have.

    Attributes:
        long_side: Pixels of the longer side.
        max_bytes: Size of the file.
    """

    long_side: int
    max_bytes: int


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept."""

    data: bytes
    extension: str
    content_type: str
    width: int
    height: int


def make_picture(data: bytes, limits: PictureLimits) -> Picture:
    """Return the picture fit for publication.

    JPEG and HEIC become JPEG, PNG and GIF become PNG, WebP stays WebP; a PNG
    that is too large becomes a JPEG unless it is transparent.

    Args:
        data: The upload.
        limits: Longest side in pixels, size in bytes.

    Raises:
        MediaRefused: Too many bytes or pixels, moving, damaged, cut off, or no picture of a known format.

    Source: HT 二(二)2(2) (REV-23).
    """
    if len(data) > MAX_UPLOAD_BYTES:
        raise refuse(
            _("The picture is larger than %(limit)d MB.") % {"limit": MAX_UPLOAD_BYTES // 1024 // 1024},
            _("Make it smaller and upload it again."),
        )
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _refuse_bomb(image)
            _refuse_moving(image)
            return _make(image, limits, len(data))
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(MAX_JPEG_PIXELS) from error
    except _UNREADABLE as error:
        raise refuse(
            _("The picture is damaged, or it isn't a JPEG, PNG, WebP, GIF or HEIC picture at all."),
            _("Open it with a picture program, save it as JPEG or PNG and upload that file."),
        ) from error


def _refuse_bomb(image: Image.Image) -> None:
    limit = MAX_JPEG_PIXELS if image.format == "JPEG" else MAX_PIXELS
    if image.width * image.height > limit:
        raise _too_many_pixels(limit)


def _too_many_pixels(limit: int) -> MediaRefused:
    return refuse(
        _("The picture has more than %(limit)s million pixels.") % {"limit": limit // 1_000_000},
        _("Make it smaller and upload it again."),
    )


def _refuse_moving(image: Image.Image) -> None:
    """What moves by itself can't be stopped by the reader (PUB-17, no moving pictures)."""
    if image.format != "HEIF" and getattr(image, "n_frames", 1) > 1:
        raise refuse(
            _("The picture moves."),
            _("Readers can't stop it. Upload a still picture, or the scene as a video."),
        )


def _make(image: Image.Image, limits: PictureLimits, size: int) -> Picture:
    kind, exact = image.format or "", image.format == "JPEG"
    if kind == "JPEG":
        before = image.size
        image.draft(None, (limits.long_side, limits.long_side))
        exact = image.size == before
    image.load()
    exact = exact and max(image.size) <= limits.long_side and image.mode in ("RGB", "L")
    exact = exact and image.getexif().get(0x0112, 1) == 1 and not image.info.get("icc_profile")
    if exact and size <= limits.max_bytes:
        return _encode(_without_notes(image), "JPEG", "keep")
    picture = _plain(image)
    picture.thumbnail((limits.long_side, limits.long_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _fit(picture, kind, limits)


def _without_notes(image: Image.Image) -> Image.Image:
    image.info = {}
    return image


def _plain(image: Image.Image) -> Image.Image:
    """Upright, 8 bits, sRGB, nothing but pixels."""
    if image.format == "GIF":
        image = next(iter(ImageSequence.Iterator(image)))
    image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    if image.mode in _16_BIT:
        image = image.convert("F").point(lambda value: value * (1 / 257) + 0).convert("L")
    elif profile and image.mode in ("RGB", "CMYK", "L"):
        image = _to_srgb(image, profile)
    image = image.convert("RGBA" if has_alpha else "L" if image.mode in ("L", "1") else "RGB")
    return _without_notes(image)


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "L" if image.mode == "L" else "RGB"
        if mode == "L":
            return image
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError):
        return image  # a profile nobody can read says nothing about the colours


def _fit(picture: Image.Image, kind: str, limits: PictureLimits) -> Picture:
    """Encode, at a lower quality and then smaller, until the file is small enough."""
    target = {"PNG": "PNG", "GIF": "PNG", "WEBP": "WEBP"}.get(kind, "JPEG")
    made = _encode(picture, target, QUALITIES[0])
    if len(made.data) > limits.max_bytes and target == "PNG":
        target = "WEBP" if picture.mode == "RGBA" else "JPEG"
    while len(made.data) > limits.max_bytes:
        for quality in QUALITIES:
            made = _encode(picture, target, quality)
            if len(made.data) <= limits.max_bytes:
                return made
        factor = max(MIN_SHRINK, min(MAX_SHRINK, (limits.max_bytes / len(made.data)) ** 0.5))
        if max(picture.size) * factor < MIN_LONG_SIDE:
            break
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return made


_TYPES = {"JPEG": ("jpg", "image/jpeg"), "PNG": ("png", "image/png"), "WEBP": ("webp", "image/webp")}


def _encode(picture: Image.Image, target: str, quality: int | str) -> Picture:
    data = BytesIO()
    if target == "PNG":
        picture.save(data, "PNG", optimize=picture.width * picture.height < MIN_LONG_SIDE**2 * 10)
    elif target == "WEBP":
        picture.save(data, "WEBP", quality=quality, method=4, exif=b"", icc_profile=b"", xmp=b"")
    elif quality == "keep":
        picture.save(data, "JPEG", quality="keep", exif=b"", icc_profile=None)
    else:
        plain = picture if picture.mode in ("RGB", "L") else picture.convert("RGB")
        plain.save(data, "JPEG", quality=quality, optimize=True, progressive=True, exif=b"", icc_profile=None)
    return Picture(data.getvalue(), *_TYPES[target], picture.width, picture.height)
