"""Pictures of the demonstration city, drawn by code: no photograph, no licence.

A picture is named by motif, palette and seed; the same three always give the
same bytes on the same machine.
"""

from collections.abc import Callable, Mapping

from jiyue.demo import scenes, street_scenes, town_scenes
from jiyue.demo.canvas import Canvas, Palette

PALETTES: Mapping[str, Palette] = {
    "dawn": Palette(
        sky_top="#8fb4d6", sky_low="#fbe3cf", sun="#fff3d6", far="#b9c5d6", mid="#7f9bb4", near="#56788f",
        ground="#7d9a78", water_top="#dccfcb", water_low="#7fa3bd", wall="#fbf1e6", wall_dark="#e2cfc0",
        roof="#5f6b7c", lit="#ffdf9e", dark="#37485a", accent="#d9744f",
    ),
    "day": Palette(
        sky_top="#6fb1dd", sky_low="#e4f3fa", sun="#fffbe6", far="#a9cdd8", mid="#79b09e", near="#4f8f75",
        ground="#8dbb6c", water_top="#b4dcea", water_low="#4f9cc0", wall="#fdfaf3", wall_dark="#dfe5e2",
        roof="#4f6272", lit="#bfe0ee", dark="#2f4655", accent="#e0803c",
    ),
    "dusk": Palette(
        sky_top="#5a6a9c", sky_low="#f7b98c", sun="#ffe7bd", far="#a98ba3", mid="#75688d", near="#4c4f73",
        ground="#55617a", water_top="#e6b195", water_low="#5c6c98", wall="#e8d5cb", wall_dark="#bfa7ab",
        roof="#44465f", lit="#ffd98a", dark="#2c3150", accent="#e5704a",
    ),
    "night": Palette(
        sky_top="#111e3c", sky_low="#3a4f80", sun="#f6f0d4", far="#2f4068", mid="#263658", near="#1d2b49",
        ground="#1c2a3f", water_top="#3d5486", water_low="#13203f", wall="#5a6b90", wall_dark="#485779",
        roof="#1a2540", lit="#ffd479", dark="#0e172c", accent="#e8634a",
    ),
    "autumn": Palette(
        sky_top="#8fbad0", sky_low="#f8ecd6", sun="#fff6dc", far="#c9bda3", mid="#c08f5a", near="#a4642f",
        ground="#d8b25e", water_top="#d8e0d8", water_low="#6f9dab", wall="#fbf4e6", wall_dark="#e3d3bb",
        roof="#6b5a4e", lit="#ffe2a3", dark="#45382f", accent="#c84d2c",
    ),
    "spring": Palette(
        sky_top="#9ccbe4", sky_low="#f7f4ea", sun="#fffbe8", far="#bcd8cf", mid="#93c2a2", near="#64a079",
        ground="#a5cd7e", water_top="#cfe8e6", water_low="#71b3bd", wall="#fdfbf5", wall_dark="#e4e6dc",
        roof="#5a6f77", lit="#fbeec2", dark="#3a5350", accent="#e78fa5",
    ),
    "winter": Palette(
        sky_top="#9db5cb", sky_low="#eef3f7", sun="#fffdf2", far="#cfdbe5", mid="#aabfce", near="#7f9aae",
        ground="#f4f8fb", water_top="#d6e3ea", water_low="#8fb0c2", wall="#f0e8dd", wall_dark="#d6cdc4",
        roof="#566677", lit="#ffdc93", dark="#36475a", accent="#c7503f",
    ),
    "mist": Palette(
        sky_top="#b7c9cd", sky_low="#eef2ee", sun="#fdfdf5", far="#d0dcda", mid="#a3bbb7", near="#6d918c",
        ground="#8fae94", water_top="#dfe8e5", water_low="#94b3b4", wall="#f7f5ee", wall_dark="#dcdfd8",
        roof="#556a6c", lit="#f6e4b5", dark="#33494b", accent="#c9784e",
    ),
}  # fmt: skip

MOTIFS: Mapping[str, Callable[[Canvas], None]] = {
    "blossom": scenes.blossom,
    "bridge": town_scenes.bridge,
    "bus": street_scenes.bus,
    "clinic": town_scenes.clinic,
    "ferry": scenes.ferry,
    "harvest": scenes.harvest,
    "lanterns": street_scenes.lanterns,
    "library": town_scenes.library,
    "market": street_scenes.market,
    "mountainroad": scenes.mountain_road,
    "night": town_scenes.night,
    "park": scenes.park,
    "railway": street_scenes.railway,
    "regatta": scenes.regatta,
    "reservoir": scenes.reservoir,
    "school": town_scenes.school,
    "skyline": town_scenes.skyline,
    "snow": scenes.snow,
    "terraces": scenes.terraces,
    "wetland": scenes.wetland,
}

ONE_SIDED = frozenset({"bus"})  # its door is on the kerb side: never mirrored


def render_image(motif: str, palette: str, seed: int) -> bytes:
    """Draw one picture.

    Args:
        motif: A key of `MOTIFS`.
        palette: A key of `PALETTES`.
        seed: Varies hills, clouds, windows and trees.

    Returns:
        A JPEG of 1200 × 675 pixels.

    Raises:
        KeyError: Motif or palette is unknown.
    """
    canvas = Canvas(PALETTES[palette], seed)
    MOTIFS[motif](canvas)
    return canvas.jpeg(mirrored=seed % 2 == 1 and motif not in ONE_SIDED)
