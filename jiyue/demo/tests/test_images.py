"""Pictures drawn by code."""

import io

import pytest
from PIL import Image

from jiyue.demo.images import MOTIFS, PALETTES, render_image


@pytest.mark.parametrize("motif", MOTIFS)
def test_every_motif_is_a_picture_of_the_agreed_size(motif: str) -> None:
    data = render_image(motif, "day", 7)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (1200, 675)
    assert 15_000 < len(data) < 250_000


def test_the_same_name_gives_the_same_picture() -> None:
    assert render_image("wetland", "dawn", 3) == render_image("wetland", "dawn", 3)
    assert render_image("wetland", "dawn", 3) != render_image("wetland", "dawn", 4)


@pytest.mark.parametrize("palette", PALETTES)
def test_palettes_differ(palette: str) -> None:
    others = {render_image("skyline", other, 1) for other in PALETTES if other != palette}
    assert render_image("skyline", palette, 1) not in others


def test_unknown_names_are_refused() -> None:
    with pytest.raises(KeyError):
        render_image("castle", "day", 1)
