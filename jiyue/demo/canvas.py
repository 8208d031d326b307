"""A small drawing surface for calm flat illustrations.

Coordinates are those of the finished picture, 1200 × 675; everything is drawn
at twice that size and halved at the end, which smooths every edge.
"""

import io
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 675
SCALE = 2  # drawn larger, then reduced
JPEG_QUALITY = 86
SKIN = "#ecb992"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one light, each "#rrggbb"."""

    sky_top: str
    sky_low: str
    sun: str
    far: str
    mid: str
    near: str
    ground: str
    water_top: str
    water_low: str
    wall: str
    wall_dark: str
    roof: str
    lit: str
    dark: str
    accent: str


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(first: str, second: str, share: float) -> str:
    """Return `first` moved towards `second` by `share` (0 to 1)."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class Canvas:
    """What the scenes draw on."""

    def __init__(self, palette: Palette, seed: int) -> None:
        self.palette = palette
        self.random = random.Random(seed)  # noqa: S311 (a picture, not a secret)
        self._image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), palette.sky_low)
        self._draw = ImageDraw.Draw(self._image)

    def jpeg(self, *, mirrored: bool = False) -> bytes:
        """Return the finished picture."""
        picture = self._image.reduce(SCALE)
        if mirrored:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=False)
        return buffer.getvalue()

    # --- plain shapes -----------------------------------------------------

    def polygon(self, points: Sequence[Point], colour: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def box(self, x: float, y: float, width: float, height: float, colour: str, radius: float = 0) -> None:
        """Fill a rectangle, its corners rounded by `radius`."""
        corners = (x * SCALE, y * SCALE, (x + width) * SCALE - 1, (y + height) * SCALE - 1)
        if radius:
            self._draw.rounded_rectangle(corners, radius * SCALE, fill=colour)
        else:
            self._draw.rectangle(corners, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: str, squash: float = 1) -> None:
        """Fill a circle, or an ellipse whose height is `squash` of its width."""
        tall = radius * squash
        corners = ((x - radius) * SCALE, (y - tall) * SCALE, (x + radius) * SCALE, (y + tall) * SCALE)
        self._draw.ellipse(corners, fill=colour)

    def line(self, points: Sequence[Point], colour: str, width: float = 2) -> None:
        """Draw a line with rounded joints."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=colour, width=max(1, round(width * SCALE)), joint="curve")

    def gradient(self, top: float, bottom: float, upper: str, lower: str) -> None:
        """Fill the full width between two heights with a vertical gradient."""
        height = round((bottom - top) * SCALE)
        column = Image.new("RGB", (1, 64))
        column.putdata([_channels(mix(upper, lower, row / 63)) for row in range(64)])
        box = column.resize((1, height), Image.Resampling.BILINEAR).resize((WIDTH * SCALE, height))
        self._image.paste(box, (0, round(top * SCALE)))

    # --- landscape --------------------------------------------------------

    def sky(self, horizon: float = 430, *, sun: Point | None = None, stars: int = 0) -> None:
        """Sky down to the horizon, with a sun or moon and stars."""
        colours = self.palette
        self.gradient(0, horizon, colours.sky_top, colours.sky_low)
        for _ in range(stars):
            x, y = self.random.uniform(0, WIDTH), self.random.uniform(0, horizon * 0.7)
            self.disc(x, y, self.random.uniform(0.8, 1.9), mix(colours.sky_top, colours.sun, 0.75))
        if sun:
            behind = mix(colours.sky_top, colours.sky_low, min(1, sun[1] / horizon))
            self.disc(*sun, 96, mix(behind, colours.sun, 0.12))
            self.disc(*sun, 72, mix(behind, colours.sun, 0.25))
            self.disc(*sun, 48, colours.sun)

    def clouds(self, count: int = 3, top: float = 60, bottom: float = 190) -> None:
        """Flat-bottomed clouds."""
        for place in range(count):
            x = WIDTH * (place + self.random.uniform(0.2, 0.8)) / count
            y = self.random.uniform(top, bottom)
            size = self.random.uniform(0.6, 1.15)
            colour = mix(self.palette.sky_low, "#ffffff", 0.5)
            self.box(x - 85 * size, y - 16 * size, 170 * size, 32 * size, colour, 16 * size)
            self.disc(x - 28 * size, y - 16 * size, 30 * size, colour)
            self.disc(x + 22 * size, y - 20 * size, 38 * size, colour)

    def ridge(
        self, base: float, height: float, colour: str, *, waves: float = 2.5, floor: float = HEIGHT
    ) -> None:
        """A line of hills whose foot is at `base` and whose tops rise `height` above it."""
        phases = [self.random.uniform(0, math.tau) for _ in range(3)]
        points: list[Point] = []
        for step in range(0, WIDTH + 12, 12):
            turn = step / WIDTH * math.tau * waves
            rise = (
                0.55 * math.sin(turn * 0.6 + phases[0])
                + 0.3 * math.sin(turn * 1.3 + phases[1])
                + 0.15 * math.sin(turn * 2.9 + phases[2])
            )
            points.append((step, base - height * (0.5 + 0.5 * rise)))
        self.polygon([*points, (WIDTH, floor), (0, floor)], colour)

    def hills(self, base: float = 430, height: float = 150, layers: int = 3) -> None:
        """Hills behind hills, paler the farther."""
        colours = self.palette
        for layer in range(layers):
            share = layer / max(1, layers - 1)
            tone = mix(colours.far, colours.mid, share)
            self.ridge(base, height * (1 - 0.55 * share), tone, waves=1.8 + layer * 0.9)

    def water(self, top: float, bottom: float = HEIGHT, ripples: int = 34) -> None:
        """A sheet of water with short bright ripples."""
        colours = self.palette
        self.gradient(top, bottom, colours.water_top, colours.water_low)
        for _ in range(ripples):
            depth = self.random.random() ** 1.4
            y = top + 6 + (bottom - top - 12) * depth
            x, length = self.random.uniform(-40, WIDTH), 26 + 110 * depth * self.random.random()
            tone = mix(mix(colours.water_top, colours.water_low, depth), colours.sky_low, 0.3)
            self.box(x, y, length, 1.6 + 2.4 * depth, tone, 1)

    def ground(self, top: float, colour: str, sag: float = 10) -> None:
        """A gently curved foreground."""
        points = [(x, top + sag * math.sin(x / WIDTH * math.pi)) for x in range(0, WIDTH + 40, 40)]
        self.polygon([*points, (WIDTH, HEIGHT), (0, HEIGHT)], colour)

    # --- things -----------------------------------------------------------

    def tree(self, x: float, foot: float, size: float, colour: str) -> None:
        """A round-headed tree."""
        trunk = mix(self.palette.dark, self.palette.roof, 0.3)
        self.box(x - size * 0.06, foot - size * 0.5, size * 0.12, size * 0.5, trunk)
        self.disc(x, foot - size * 0.78, size * 0.36, colour, 1.15)
        self.disc(x - size * 0.1, foot - size * 0.88, size * 0.2, mix(colour, self.palette.sun, 0.18), 1.1)

    def pine(self, x: float, foot: float, size: float, colour: str, snow: str = "") -> None:
        """A conifer of three tiers, with snow on them if given a colour."""
        self.box(x - size * 0.04, foot - size * 0.2, size * 0.08, size * 0.2, self.palette.dark)
        for tier in range(3):
            low, half = foot - size * (0.14 + 0.26 * tier), size * (0.3 - 0.07 * tier)
            peak = low - size * 0.38
            self.polygon([(x - half, low), (x + half, low), (x, peak)], colour)
            if snow:
                edge = size * 0.16
                self.polygon(
                    [(x - half * 0.42, peak + edge), (x, peak), (x + half * 0.42, peak + edge)], snow
                )

    def house(self, x: float, foot: float, width: float, *, snow: str = "") -> None:
        """A village house with a hanging roof, door and two windows."""
        colours, tall = self.palette, width * 0.46
        self.box(x, foot - tall, width, tall, colours.wall)
        self.box(x + width * 0.72, foot - tall, width * 0.28, tall, colours.wall_dark)
        roof = [(x - width * 0.1, foot - tall), (x + width * 0.14, foot - tall - width * 0.28)]
        roof += [(x + width * 0.86, foot - tall - width * 0.28), (x + width * 1.1, foot - tall)]
        self.polygon(roof, colours.roof)
        if snow:
            lifted = [(px, py - width * 0.015) for px, py in roof]
            lifted[0], lifted[3] = (roof[0][0] + 6, roof[0][1] - 9), (roof[3][0] - 6, roof[3][1] - 9)
            self.polygon(lifted, snow)
        self.box(x + width * 0.42, foot - tall * 0.62, width * 0.14, tall * 0.62, colours.dark)
        for place in (0.13, 0.76):
            self.box(x + width * place, foot - tall * 0.7, width * 0.14, tall * 0.3, colours.lit)

    def tower(
        self, x: float, foot: float, width: float, height: float, colour: str, lit_share: float
    ) -> None:
        """A block of flats or offices with a grid of windows."""
        self.box(x, foot - height, width, height, colour)
        self.box(x + width * 0.74, foot - height, width * 0.26, height, mix(colour, self.palette.dark, 0.14))
        columns, rows = max(2, int(width // 20)), int(height // 24)
        gap = width / columns
        unlit = mix(colour, self.palette.sky_low, 0.4)
        for row in range(rows):
            for column in range(columns):
                tone = self.palette.lit if self.random.random() < lit_share else unlit
                self.box(x + gap * (column + 0.28), foot - height + 12 + row * 24, gap * 0.44, 10, tone)

    def skyline(
        self, foot: float, colour: str, *, tallest: float, lit_share: float, step: float = 74
    ) -> None:
        """A row of towers across the whole width, taller in the middle."""
        x = -20.0
        while x < WIDTH:
            width = self.random.uniform(0.6, 1.15) * step
            middle = 1 - abs(x + width / 2 - WIDTH / 2) / (WIDTH / 2)
            height = tallest * (0.35 + 0.4 * middle + 0.25 * self.random.random())
            self.tower(x, foot, width, height, colour, lit_share)
            x += width + self.random.uniform(0, step * 0.25)

    def path(self, bends: Sequence[Point], colour: str, *, start: float, growth: float) -> None:
        """A winding path through `bends`, `start` wide and `growth` wider for each point downwards."""
        for begin, end in pairwise(bends):
            for step in range(40):
                share = step / 39
                ease = share * share * (3 - 2 * share)
                x, y = begin[0] + (end[0] - begin[0]) * ease, begin[1] + (end[1] - begin[1]) * share
                self.disc(x, y, start + (y - bends[0][1]) * growth, colour, 0.6)

    def grass(self, top: float, count: int, colour: str) -> None:
        """Tufts on the foreground."""
        for _ in range(count):
            x, y = self.random.uniform(0, WIDTH), self.random.uniform(top, HEIGHT)
            for lean in (-5, 0, 5):
                self.line([(x, y), (x + lean, y - 12)], colour, 1.6)

    def person(self, x: float, foot: float, size: float, colour: str) -> None:
        """A small standing figure without a face."""
        skin = mix(SKIN, self.palette.sky_top, 0.22)
        self.disc(x, foot - size * 0.86, size * 0.13, skin)
        self.disc(x, foot - size * 0.91, size * 0.125, self.palette.dark, 0.72)
        self.box(x - size * 0.14, foot - size * 0.72, size * 0.28, size * 0.46, colour, size * 0.1)
        self.box(x - size * 0.11, foot - size * 0.32, size * 0.09, size * 0.32, self.palette.dark)
        self.box(x + size * 0.02, foot - size * 0.32, size * 0.09, size * 0.32, self.palette.dark)
