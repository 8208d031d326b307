"""Pictures come out upright, small enough, in sRGB and without anything hidden (REV-23)."""

import io

import pytest
from django.utils import translation
from PIL import Image

from jiyue.library.media import pictures
from jiyue.library.media.pictures import PictureLimits, make_picture
from jiyue.library.media.refusals import MediaRefused
from jiyue.library.tests.media import samples
from jiyue.library.tests.media.samples import refused_words

pytestmark = pytest.mark.unit

LIMITS = PictureLimits(long_side=1920, max_bytes=1024 * 1024)


def opened(picture: pictures.Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    image.load()
    return image


def test_photograph_is_turned_upright_and_loses_place_device_and_comment():
    picture = make_picture(samples.photograph((800, 600)), LIMITS)
    image = opened(picture)
    assert image.size == (picture.width, picture.height) == (600, 800)
    assert not image.getexif()
    assert b"SECRET" not in picture.data
    # The left half was blue; turned clockwise, the upper half is.
    assert image.getpixel((300, 100))[2] > 200
    assert image.getpixel((300, 700))[0] > 200


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (samples.picture(), "png"),
        (samples.picture(kind="JPEG"), "jpg"),
        (samples.picture(kind="WEBP"), "webp"),
        (samples.picture(kind="GIF", mode="P", colour=3), "png"),
        (samples.picture(kind="JPEG", mode="CMYK", colour=(0, 200, 200, 0)), "jpg"),
        (samples.picture(mode="RGBA", colour=(0, 200, 0, 100)), "png"),
        (samples.picture(mode="P", colour=3), "png"),
        (samples.picture(mode="1", colour=1), "png"),
        (samples.picture(mode="L", colour=128), "png"),
        (samples.sixteen_bit(), "png"),
        (samples.picture(kind="JPEG", icc_profile=samples.srgb_profile()), "jpg"),
    ],
    ids=[
        "png",
        "jpeg",
        "webp",
        "gif",
        "cmyk",
        "transparent",
        "palette",
        "bitmap",
        "grey",
        "16-bit",
        "profile",
    ],
)
def test_every_taken_format_becomes_one_that_browsers_show(data, extension):
    picture = make_picture(data, LIMITS)
    image = opened(picture)
    assert picture.extension == extension
    assert image.mode in ("RGB", "RGBA", "L")
    assert "icc_profile" not in image.info


def test_sixteen_bits_keep_their_brightness_and_transparency_stays():
    assert opened(make_picture(samples.sixteen_bit(), LIMITS)).getpixel((5, 5)) == 255
    clear = make_picture(samples.picture(mode="RGBA", colour=(0, 200, 0, 100)), LIMITS)
    assert opened(clear).getpixel((5, 5)) == (0, 200, 0, 100)


def test_heic_of_a_telephone_becomes_jpeg():
    picture = make_picture(samples.heic(), LIMITS)
    assert picture.extension == "jpg"
    assert opened(picture).size == (64, 64)


def test_oversize_picture_is_cut_down_to_the_long_side_and_the_bytes():
    data = samples.noisy((5000, 3000), quality=97)
    assert len(data) > 5 * 1024 * 1024
    picture = make_picture(data, LIMITS)
    assert max(picture.width, picture.height) <= 1920
    assert picture.width / picture.height == pytest.approx(5 / 3, abs=0.01)
    assert len(picture.data) <= LIMITS.max_bytes


def test_a_large_png_of_noise_becomes_a_jpeg_below_the_limit_and_a_transparent_one_webp():
    small = PictureLimits(1920, 200 * 1024)
    assert make_picture(samples.noisy((1500, 1000), "PNG"), small).extension == "jpg"
    image = Image.effect_noise((1500, 1000), 90).convert("RGBA")
    image.putalpha(100)
    data = io.BytesIO()
    image.save(data, "PNG")
    picture = make_picture(data.getvalue(), small)
    assert picture.extension == "webp"
    assert opened(picture).mode == "RGBA"
    assert len(picture.data) <= small.max_bytes


def test_a_picture_that_fits_keeps_its_quality():
    data = samples.noisy((900, 700), quality=85)
    picture = make_picture(data, LIMITS)
    assert (picture.width, picture.height) == (900, 700)
    before = Image.open(io.BytesIO(data)).convert("L").tobytes()
    again = opened(picture).convert("L").tobytes()
    assert sum(abs(a - b) for a, b in zip(before, again, strict=True)) / len(again) < 1


@pytest.mark.parametrize(
    "data",
    [
        samples.picture(kind="JPEG") + b"<?php system($_GET['c']); ?>",
        samples.picture(kind="JPEG") + samples.packed({"a.txt": b"SECRET"}),
        samples.picture(kind="PNG") + b"<script>alert(1)</script>SECRET",
        samples.picture(kind="GIF", mode="P", colour=3) + b"/*SECRET*/=1;alert(1)",
        samples.picture(kind="JPEG", comment=b"<script>alert(1)</script>"),
    ],
    ids=["JPEG+PHP", "JPEG+ZIP", "PNG+HTML", "GIF+JS", "script in a comment"],
)
def test_what_hangs_on_a_picture_is_gone(data):
    picture = make_picture(data, LIMITS)
    assert not any(
        word in picture.data for word in (b"<?php", b"SECRET", b"<script", b"PK\x03\x04", b"alert")
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (samples.picture()[:-40], "damaged"),
        (samples.photograph((2000, 1500))[:9000], "damaged"),
        (b"\x89PNG\r\n\x1a\nnothing", "damaged"),
        (b"\xff\xd8\xff\xe0 no picture", "damaged"),
        (samples.picture(kind="BMP"), "damaged"),
        (samples.picture(kind="TIFF"), "damaged"),
        (samples.moving(), "moves"),
        (samples.png_of((30000, 30000), 8, 2, b""), "million pixels"),
        (samples.picture() + bytes(pictures.MAX_UPLOAD_BYTES), "MB"),
    ],
    ids=["cut PNG", "cut JPEG", "no PNG", "no JPEG", "BMP", "TIFF", "moving", "bomb", "too many bytes"],
)
def test_damaged_moving_and_absurd_pictures_are_refused_with_the_way_out(data, words):
    with translation.override("en"), pytest.raises(MediaRefused) as refusal:
        make_picture(data, LIMITS)
    assert words in refused_words(refusal.value)
    assert refusal.value.fix
