"""Motifs of the town and its buildings."""

import math

from jiyue.demo.canvas import HEIGHT, WIDTH, Canvas, Point, mix


def _sun(canvas: Canvas) -> Point:
    return canvas.random.uniform(180, 1020), canvas.random.uniform(110, 190)


def skyline(canvas: Canvas) -> None:
    """The city on the river."""
    colours = canvas.palette
    canvas.sky(430, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(430, 170, 2)
    canvas.skyline(450, mix(colours.far, colours.mid, 0.35), tallest=240, lit_share=0.15)
    canvas.skyline(462, mix(colours.wall, colours.mid, 0.35), tallest=170, lit_share=0.35, step=96)
    canvas.ridge(478, 34, colours.near, waves=9, floor=484)
    canvas.water(476, ripples=60)
    canvas.ground(622, colours.ground, sag=-18)
    for _ in range(10):
        canvas.tree(canvas.random.uniform(0, WIDTH), 660, canvas.random.uniform(60, 96), colours.near)


def night(canvas: Canvas) -> None:
    """Lights of the river front and their reflections."""
    colours = canvas.palette
    canvas.sky(430, sun=_sun(canvas), stars=70)
    canvas.ridge(430, 150, colours.far, waves=2)
    canvas.skyline(440, mix(colours.wall_dark, colours.dark, 0.45), tallest=250, lit_share=0.4)
    canvas.skyline(448, mix(colours.wall, colours.dark, 0.25), tallest=140, lit_share=0.6, step=92)
    canvas.water(448, ripples=30)
    for place in range(34):
        x = 18 + place * 36 + canvas.random.uniform(-6, 6)
        canvas.disc(x, 446, 4, colours.lit)
        length = canvas.random.uniform(40, 150)
        for step in range(int(length // 14)):
            tone = mix(colours.lit, colours.water_low, 0.35 + 0.6 * step * 14 / length)
            canvas.box(x - 9 + canvas.random.uniform(-3, 3), 460 + step * 14, 18 - step * 0.6, 4, tone, 2)
    canvas.ground(640, colours.dark, sag=-8)
    for place in range(9):
        x = 60 + place * 135
        canvas.line([(x, 656), (x, 560)], mix(colours.dark, colours.wall, 0.2), 5)
        canvas.disc(x, 556, 20, mix(colours.water_low, colours.lit, 0.35))
        canvas.disc(x, 556, 11, colours.lit)


def bridge(canvas: Canvas) -> None:
    """A cable-stayed bridge over the wide river."""
    colours = canvas.palette
    canvas.sky(400, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(400, 150, 3)
    canvas.skyline(412, mix(colours.mid, colours.far, 0.5), tallest=110, lit_share=0.2, step=54)
    canvas.water(410, ripples=80)
    deck, steel = 462, mix(colours.wall, colours.roof, 0.1)
    for pylon in (370, 830):
        canvas.box(pylon - 15, deck, 30, 118, mix(steel, colours.dark, 0.2))
        canvas.disc(pylon, 582, 60, mix(colours.water_low, colours.dark, 0.16), 0.16)
        canvas.polygon([(pylon - 16, deck), (pylon - 6, 176), (pylon + 6, 176), (pylon + 16, deck)], steel)
        for cable in range(1, 12):
            for side in (-1, 1):
                points = [(pylon, 186 + cable * 9), (pylon + side * cable * 20.5, deck)]
                canvas.line(points, mix(steel, colours.sky_low, 0.15), 1.5)
    canvas.box(0, deck - 2, WIDTH, 20, steel)
    canvas.box(0, deck + 12, WIDTH, 8, mix(steel, colours.dark, 0.35))
    for x in range(10, WIDTH, 24):
        canvas.box(x, deck - 14, 3, 13, mix(steel, colours.dark, 0.3))
    canvas.box(0, deck - 15, WIDTH, 3, mix(steel, colours.dark, 0.3))
    for x, length, tone in (
        (230, 74, colours.accent),
        (560, 40, colours.dark),
        (700, 40, colours.lit),
        (980, 74, colours.near),
    ):
        canvas.box(x + canvas.random.uniform(-50, 50), deck - 27, length, 24, tone, 6)
    canvas.ground(636, colours.ground, sag=-12)
    for _ in range(9):
        canvas.tree(canvas.random.uniform(0, WIDTH), 668, canvas.random.uniform(58, 90), colours.near)


def library(canvas: Canvas) -> None:
    """A library with tall lit windows and wide steps."""
    colours = canvas.palette
    canvas.sky(470, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.ridge(480, 140, colours.far, waves=3)
    canvas.ground(480, colours.ground, sag=4)
    stone = mix(colours.wall, colours.wall_dark, 0.2)
    canvas.box(200, 232, 800, 268, stone)
    canvas.polygon([(170, 232), (280, 158), (920, 158), (1030, 232)], colours.roof)
    canvas.box(160, 226, 880, 14, mix(colours.roof, colours.dark, 0.3), 3)
    for bay in range(9):
        x = 232 + bay * 83
        canvas.box(x, 268, 58, 196, colours.lit, 6)
        canvas.box(x + 27, 268, 4, 196, mix(stone, colours.roof, 0.4))
        for shelf in range(3):
            y = 322 + shelf * 50
            canvas.box(x, y, 58, 4, mix(colours.roof, colours.lit, 0.25))
            for book in range(7):
                tone = canvas.random.choice((colours.accent, colours.mid, colours.near, colours.roof))
                tall = canvas.random.uniform(16, 27)
                canvas.box(x + 4 + book * 7.4, y - tall, 5.6, tall, mix(tone, colours.lit, 0.25))
    canvas.box(548, 330, 104, 170, mix(colours.roof, colours.dark, 0.2), 4)
    canvas.box(556, 340, 42, 160, mix(colours.lit, colours.wall, 0.3))
    canvas.box(602, 340, 42, 160, mix(colours.lit, colours.wall, 0.3))
    for step in range(6):
        canvas.box(
            420 - step * 26,
            500 + step * 15,
            360 + step * 52,
            15,
            mix(stone, colours.roof, 0.06 + step % 2 * 0.1),
        )
    canvas.box(0, 590, WIDTH, HEIGHT - 590, mix(colours.wall, colours.ground, 0.35))
    leaves = colours.accent if colours.accent == "#e78fa5" else colours.near
    for x, size in ((90, 260), (1110, 280), (230, 160), (980, 150)):
        canvas.tree(x, 580, size, mix(leaves, colours.ground, canvas.random.uniform(0, 0.25)))
    for x, size, tone in ((470, 92, colours.near), (700, 96, colours.accent), (742, 66, colours.lit)):
        canvas.person(x, 622, size, tone)


def school(canvas: Canvas) -> None:
    """A school with its sports ground."""
    colours = canvas.palette
    canvas.sky(420, sun=_sun(canvas))
    canvas.clouds(4)
    canvas.hills(430, 120, 2)
    canvas.ground(430, colours.ground, sag=2)
    for x, width, top in ((140, 380, 262), (680, 380, 262), (500, 200, 214)):
        canvas.box(x, top, width, 440 - top, mix(colours.wall, colours.wall_dark, 0.2 if width > 300 else 0))
        canvas.box(x - 8, top - 10, width + 16, 14, colours.accent, 3)
        columns = width // 48
        for row in range((430 - top) // 46):
            for column in range(columns):
                canvas.box(
                    x + 14 + column * (width - 14) / columns, top + 20 + row * 46, 28, 26, colours.lit, 3
                )
    canvas.box(566, 366, 68, 74, colours.dark, 4)
    canvas.disc(600, 262, 24, "#ffffff")
    canvas.line([(600, 262), (600, 246)], colours.dark, 3)
    canvas.line([(600, 262), (612, 266)], colours.dark, 3)
    track = mix(colours.accent, colours.wall, 0.25)
    canvas.disc(600, 570, 540, track, 0.19)
    for lane in (505, 470, 435):
        canvas.disc(600, 570, lane + 3, mix(track, "#ffffff", 0.6), 0.175)
        canvas.disc(600, 570, lane, track, 0.174)
    canvas.disc(600, 570, 400, colours.ground, 0.165)
    canvas.line([(600, 505), (600, 635)], mix(colours.ground, "#ffffff", 0.6), 3)
    for x in (60, 105, 1100, 1150):
        canvas.tree(x, 470, canvas.random.uniform(110, 150), colours.near)
    for child in range(6):
        tone = (colours.accent, colours.roof, colours.lit)[child % 3]
        canvas.person(380 + child * 80, 560 + canvas.random.uniform(-24, 44), 58, tone)


def clinic(canvas: Canvas) -> None:
    """A hospital with its drive and an ambulance."""
    colours = canvas.palette
    canvas.sky(430, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(440, 130, 2)
    canvas.ground(450, colours.ground, sag=2)
    for x, width, top in ((180, 300, 250), (720, 300, 250), (460, 280, 176)):
        canvas.box(x, top, width, 480 - top, mix(colours.wall, colours.wall_dark, 0.25 if width > 290 else 0))
        canvas.box(x, top - 8, width, 10, colours.roof)
        for row in range((452 - top) // 40):
            canvas.box(
                x + 16, top + 22 + row * 40, width - 32, 20, mix(colours.lit, colours.sky_top, 0.15), 3
            )
            for post in range(1, width // 40):
                canvas.box(x + post * 40, top + 22 + row * 40, 5, 20, colours.wall)
    canvas.box(570, 190, 60, 60, "#ffffff", 8)
    green = mix(colours.near, "#2f8f6b", 0.6)
    canvas.box(594, 198, 12, 44, green)
    canvas.box(578, 214, 44, 12, green)
    canvas.box(510, 424, 180, 12, colours.roof, 3)
    canvas.box(548, 436, 104, 46, colours.dark)
    canvas.box(0, 482, WIDTH, HEIGHT - 482, mix(colours.ground, colours.near, 0.15))
    canvas.box(0, 540, WIDTH, 96, mix(colours.roof, colours.far, 0.35))
    for dash in range(0, WIDTH, 130):
        canvas.box(dash, 586, 64, 5, mix(colours.wall, colours.far, 0.2))
    _ambulance(canvas, 240 + canvas.random.uniform(-60, 260), 590, green)
    for x, size in ((90, 190), (1110, 200), (1010, 130), (205, 120)):
        canvas.tree(x, 522, size, colours.near)
    for _ in range(16):
        canvas.disc(
            canvas.random.uniform(0, WIDTH), 660, canvas.random.uniform(20, 36), colours.near, math.sqrt(0.5)
        )


def _ambulance(canvas: Canvas, x: float, foot: float, green: str) -> None:
    colours = canvas.palette
    canvas.box(x, foot - 92, 150, 84, "#ffffff", 8)
    canvas.polygon(
        [
            (x + 146, foot - 74),
            (x + 180, foot - 74),
            (x + 212, foot - 40),
            (x + 212, foot - 8),
            (x + 146, foot - 8),
        ],
        "#ffffff",
    )
    canvas.polygon(
        [(x + 156, foot - 66), (x + 178, foot - 66), (x + 200, foot - 40), (x + 156, foot - 40)],
        colours.sky_top,
    )
    canvas.box(x, foot - 34, 212, 12, green)
    canvas.box(x + 62, foot - 84, 12, 40, green)
    canvas.box(x + 48, foot - 70, 40, 12, green)
    canvas.box(x + 118, foot - 102, 26, 11, colours.accent, 4)
    for wheel in (x + 40, x + 166):
        canvas.disc(wheel, foot - 6, 20, colours.dark)
        canvas.disc(wheel, foot - 6, 9, colours.wall_dark)
