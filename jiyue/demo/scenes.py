"""Motifs of land and water."""

import math

from jiyue.demo.canvas import HEIGHT, WIDTH, Canvas, Point, mix


def _sun(canvas: Canvas) -> Point:
    return canvas.random.uniform(180, 1020), canvas.random.uniform(120, 210)


def terraces(canvas: Canvas) -> None:
    """Rice terraces stepping down a hillside, a hamlet above them."""
    colours = canvas.palette
    canvas.sky(360, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(360, 190, 3)
    phase = canvas.random.uniform(0, math.tau)
    for step in range(11):
        share = step / 10
        top = 330 + 345 * share**1.35
        tone = mix(colours.near, colours.ground, 0.25 + 0.75 * (step % 2 * 0.55 + share * 0.4))
        points: list[Point] = []
        for x in range(0, WIDTH + 20, 20):
            bend = math.sin(x / WIDTH * math.tau * 0.8 + phase + step * 0.33)
            points.append((x, top + (26 + 26 * share) * bend + 30 * share * math.sin(x / 190 + step)))
        canvas.polygon([*points, (WIDTH, HEIGHT), (0, HEIGHT)], tone)
        canvas.line(points, mix(colours.water_top, "#ffffff", 0.25), 3 + 5 * share)
    for place in range(5):
        canvas.house(180 + place * 66 + canvas.random.uniform(-8, 8), 352 + place % 2 * 12, 50)
    for _ in range(7):
        trunk = canvas.random.uniform(140, 560)
        canvas.tree(trunk, 372, canvas.random.uniform(34, 54), mix(colours.near, colours.dark, 0.15))


def reservoir(canvas: Canvas) -> None:
    """A dam between hills, the lake behind it."""
    colours = canvas.palette
    canvas.sky(400, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(390, 230, 3)
    canvas.water(385, 520)
    canvas.polygon([(0, 330), (250, 380), (330, 520), (0, 560)], mix(colours.near, colours.dark, 0.08))
    canvas.polygon([(WIDTH, 310), (950, 380), (860, 520), (WIDTH, 560)], colours.near)
    for _ in range(16):
        side = canvas.random.choice(((20, 230), (980, 1180)))
        foot = canvas.random.uniform(400, 470)
        canvas.pine(canvas.random.uniform(*side), foot, 60, mix(colours.near, colours.dark, 0.35))
    wall = mix(colours.wall, colours.far, 0.25)
    canvas.polygon([(240, 462), (960, 462), (900, HEIGHT), (300, HEIGHT)], mix(wall, colours.dark, 0.1))
    canvas.box(225, 444, 750, 20, wall, 3)
    for gate in range(5):
        x = 420 + gate * 80
        canvas.box(x, 464, 44, 56, mix(colours.water_low, colours.dark, 0.3))
        canvas.polygon(
            [(x, 520), (x + 44, 520), (x + 56, HEIGHT), (x - 12, HEIGHT)],
            mix("#ffffff", colours.water_top, 0.3),
        )
        canvas.box(x - 20, 420, 10, 44, wall)
    canvas.box(400, 408, 400, 14, mix(wall, colours.dark, 0.2), 3)
    canvas.ground(640, colours.ground, sag=-14)


def wetland(canvas: Canvas) -> None:
    """Reeds, open water and egrets on the wing."""
    colours = canvas.palette
    canvas.sky(350, sun=_sun(canvas))
    canvas.hills(350, 90, 2)
    canvas.water(345, ripples=60)
    canvas.ridge(372, 26, mix(colours.near, colours.mid, 0.4), waves=7, floor=378)
    for _ in range(7):
        _egret(
            canvas,
            canvas.random.uniform(150, 1000),
            canvas.random.uniform(90, 300),
            canvas.random.uniform(18, 34),
        )
    for _ in range(150):
        x = canvas.random.choice((canvas.random.gauss(120, 130), canvas.random.gauss(1080, 130)))
        _reed(canvas, x, canvas.random.uniform(600, 720), canvas.random.uniform(170, 320))
    _standing_egret(canvas, canvas.random.uniform(420, 760), 585)


def _reed(canvas: Canvas, x: float, foot: float, height: float) -> None:
    colours = canvas.palette
    lean = canvas.random.uniform(-26, 34)
    tone = mix(colours.near, colours.ground, canvas.random.random())
    top = (x + lean, foot - height)
    canvas.line([(x, foot), (x + lean * 0.3, foot - height * 0.55), top], tone, 2.6)
    plume = mix(colours.wall, colours.roof, canvas.random.uniform(0.05, 0.35))
    tip = (top[0] + lean * 0.3, top[1] - 34)
    canvas.polygon(
        [(top[0] - 3, top[1] + 8), (top[0] - 8, top[1] - 10), tip, (top[0] + 8, top[1] - 12)], plume
    )


def _egret(canvas: Canvas, x: float, y: float, size: float) -> None:
    white = mix("#ffffff", canvas.palette.sky_low, 0.08)
    canvas.polygon(
        [(x - size * 1.5, y - size * 0.5), (x - size * 0.2, y - size * 0.12), (x, y + size * 0.2)], white
    )
    canvas.polygon(
        [(x + size * 1.5, y - size * 0.7), (x + size * 0.2, y - size * 0.12), (x, y + size * 0.2)], white
    )
    canvas.polygon(
        [(x - size * 0.9, y + size * 0.34), (x + size * 0.75, y - size * 0.02), (x + 2, y + size * 0.26)],
        white,
    )
    canvas.line([(x + size * 0.7, y), (x + size * 1.05, y + size * 0.06)], canvas.palette.accent, 2)


def _standing_egret(canvas: Canvas, x: float, foot: float) -> None:
    white = mix("#ffffff", canvas.palette.sky_low, 0.05)
    canvas.disc(x, foot + 3, 40, mix(canvas.palette.water_low, canvas.palette.dark, 0.15), 0.1)
    for leg in (-7, 7):
        canvas.line([(x + leg, foot), (x + leg, foot - 62)], canvas.palette.dark, 3)
    canvas.disc(x, foot - 78, 42, white, 0.55)
    canvas.polygon([(x - 66, foot - 62), (x - 20, foot - 98), (x + 4, foot - 62)], white)
    canvas.line(
        [(x + 32, foot - 88), (x + 52, foot - 116), (x + 38, foot - 146), (x + 46, foot - 166)], white, 11
    )
    canvas.disc(x + 50, foot - 168, 11, white)
    canvas.polygon([(x + 58, foot - 174), (x + 96, foot - 164), (x + 58, foot - 162)], canvas.palette.accent)


def harvest(canvas: Canvas) -> None:
    """A combine harvester in a ripe field."""
    colours = canvas.palette
    canvas.sky(350, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(350, 130, 3)
    for place in range(5):
        canvas.house(90 + place * 88, 366 - place % 2 * 8, 62)
    gold = mix(colours.ground, "#e5b94f", 0.6)
    canvas.ground(360, gold, sag=6)
    for row in range(12):
        y = 382 + row**1.5 * 6.8
        tone = mix(gold, colours.roof if row % 2 else colours.sun, 0.16)
        canvas.box(0, y, WIDTH, 5 + row * 1.1, tone)
    cut = mix(gold, colours.wall, 0.45)
    canvas.polygon([(610, 366), (690, 366), (1180, HEIGHT), (520, HEIGHT)], cut)
    _combine(canvas, 560 + canvas.random.uniform(-60, 120), 520)
    for _ in range(90):
        x, y = canvas.random.uniform(0, 480), canvas.random.uniform(560, 690)
        canvas.line([(x, y), (x + 5, y - 40)], mix(gold, colours.roof, 0.25), 2)
        canvas.disc(x + 6, y - 44, 6, mix(gold, colours.sun, 0.3), 1.6)


def _combine(canvas: Canvas, x: float, foot: float) -> None:
    colours = canvas.palette
    canvas.box(x - 90, foot - 34, 70, 26, mix(colours.accent, colours.dark, 0.3), 5)
    canvas.disc(x - 96, foot - 22, 28, mix(colours.roof, colours.wall, 0.3))
    canvas.disc(x - 96, foot - 22, 18, mix(colours.accent, colours.wall, 0.3))
    canvas.box(x - 30, foot - 108, 190, 82, colours.accent, 10)
    canvas.box(x + 70, foot - 138, 90, 40, mix(colours.accent, colours.dark, 0.15), 6)
    canvas.box(x - 20, foot - 168, 78, 66, colours.accent, 8)
    canvas.box(x - 12, foot - 158, 52, 44, mix(colours.sky_low, colours.sky_top, 0.25), 4)
    canvas.line([(x + 150, foot - 130), (x + 206, foot - 168)], mix(colours.accent, colours.dark, 0.3), 12)
    for wheel, radius in ((x + 14, 40), (x + 134, 28)):
        canvas.disc(wheel, foot - radius + 6, radius, colours.dark)
        canvas.disc(wheel, foot - radius + 6, radius * 0.45, mix(colours.wall, colours.lit, 0.4))


def ferry(canvas: Canvas) -> None:
    """A ferry crossing the river towards the far bank."""
    colours = canvas.palette
    canvas.sky(340, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(345, 130, 3)
    canvas.skyline(352, mix(colours.mid, colours.far, 0.45), tallest=86, lit_share=0.3, step=52)
    canvas.water(350, ripples=70)
    x, y = canvas.random.uniform(360, 560), 470.0
    canvas.polygon(
        [(x - 60, y + 46), (x + 420, y + 46), (x + 520, y + 92), (x - 140, y + 92)],
        mix(colours.water_low, "#ffffff", 0.3),
    )
    canvas.polygon([(x - 50, y), (x + 450, y), (x + 410, y + 62), (x - 10, y + 62)], colours.wall)
    canvas.polygon([(x - 32, y + 28), (x + 432, y + 28), (x + 410, y + 62), (x - 10, y + 62)], colours.accent)
    canvas.box(x + 20, y - 62, 350, 62, mix(colours.wall, colours.wall_dark, 0.35), 5)
    for window in range(8):
        canvas.box(x + 36 + window * 41, y - 48, 28, 26, colours.lit, 4)
    canvas.box(x + 6, y - 74, 378, 13, colours.roof, 4)
    canvas.box(x + 240, y - 122, 100, 48, colours.wall, 5)
    canvas.box(x + 252, y - 112, 78, 22, colours.lit, 3)
    canvas.box(x + 232, y - 132, 116, 11, colours.roof, 4)
    canvas.line([(x + 290, y - 132), (x + 290, y - 182)], colours.dark, 3)
    canvas.polygon([(x + 290, y - 182), (x + 330, y - 172), (x + 290, y - 162)], colours.accent)
    for passenger in range(5):
        canvas.person(
            x + 40 + passenger * 36,
            y - 74,
            40,
            canvas.random.choice((colours.accent, colours.near, colours.dark)),
        )


def regatta(canvas: Canvas) -> None:
    """Dragon boats in a race, flags along the bank."""
    colours = canvas.palette
    canvas.sky(300, sun=_sun(canvas))
    canvas.clouds(4, 50, 150)
    canvas.hills(305, 120, 3)
    canvas.box(0, 300, WIDTH, 22, colours.ground)
    for flag in range(22):
        x = 24 + flag * 55
        canvas.line([(x, 306), (x, 246)], colours.dark, 2.2)
        tone = (colours.accent, colours.lit, colours.near)[flag % 3]
        canvas.polygon([(x, 246), (x + 32, 254), (x, 264)], tone)
        canvas.person(x + 26, 314, 30, (colours.roof, colours.accent, colours.mid)[flag % 3])
    canvas.water(320, ripples=80)
    for lane, (x, y, size) in enumerate(((150, 392, 0.8), (420, 476, 1.0), (120, 590, 1.25))):
        tone = (colours.near, colours.accent, mix(colours.roof, colours.lit, 0.3))[lane]
        _dragon_boat(canvas, x + canvas.random.uniform(-60, 60), y, size, tone)


def _dragon_boat(canvas: Canvas, x: float, y: float, size: float, colour: str) -> None:
    colours, length = canvas.palette, 620 * size
    canvas.box(x - 30, y + 14 * size, length + 60, 10 * size, mix(colours.water_low, "#ffffff", 0.4), 5)
    for seat in range(9):
        sx = x + (70 + seat * 56) * size
        canvas.disc(sx + 8 * size, y - 44 * size, 9 * size, mix(colours.wall, colours.roof, 0.35))
        canvas.box(sx - 6 * size, y - 34 * size, 22 * size, 34 * size, colours.wall, 7 * size)
        canvas.line(
            [(sx + 14 * size, y - 26 * size), (sx - 18 * size, y + 26 * size)], colours.dark, 4 * size
        )
    hull = [
        (x, y - 10 * size),
        (x + length, y - 10 * size),
        (x + length - 34 * size, y + 20 * size),
        (x + 34 * size, y + 20 * size),
    ]
    canvas.polygon(hull, colour)
    canvas.box(x + 26 * size, y - 8 * size, length - 52 * size, 5 * size, colours.lit)
    tip = x + length
    canvas.line(
        [(tip - 14 * size, y), (tip + 22 * size, y - 34 * size), (tip + 30 * size, y - 62 * size)],
        colour,
        20 * size,
    )
    canvas.polygon(
        [
            (tip + 12 * size, y - 80 * size),
            (tip + 66 * size, y - 66 * size),
            (tip + 60 * size, y - 52 * size),
            (tip + 16 * size, y - 50 * size),
        ],
        colour,
    )
    canvas.disc(tip + 34 * size, y - 68 * size, 5 * size, colours.lit)
    canvas.line(
        [(x + 10 * size, y), (x - 26 * size, y - 30 * size), (x - 20 * size, y - 58 * size)],
        colour,
        12 * size,
    )


def snow(canvas: Canvas) -> None:
    """A village under fresh snow."""
    colours = canvas.palette
    white = mix("#ffffff", colours.sky_low, 0.18)
    canvas.sky(400, sun=_sun(canvas))
    canvas.ridge(400, 210, mix(colours.far, white, 0.45), waves=2)
    canvas.ridge(410, 120, mix(colours.mid, white, 0.5), waves=3)
    for _ in range(26):
        x = canvas.random.uniform(0, WIDTH)
        canvas.pine(
            x,
            canvas.random.uniform(400, 425),
            canvas.random.uniform(60, 100),
            mix(colours.near, colours.dark, 0.35),
            white,
        )
    canvas.ground(410, mix(white, colours.mid, 0.12), sag=-10)
    for row, (foot, width) in enumerate(((446, 96), (520, 136))):
        for place in range(6 - row):
            x = 60 + place * (200 + row * 34) + row * 70 + canvas.random.uniform(-20, 20)
            canvas.house(x, foot, width, snow=white)
    canvas.ground(540, white, sag=-16)
    canvas.polygon([(560, 532), (610, 532), (820, HEIGHT), (430, HEIGHT)], mix(white, colours.mid, 0.25))
    for x in (70, 170, 1050, 1140):
        canvas.pine(x, 640 + canvas.random.uniform(-16, 16), 170, mix(colours.near, colours.dark, 0.4), white)
    for _ in range(140):
        canvas.disc(
            canvas.random.uniform(0, WIDTH),
            canvas.random.uniform(0, HEIGHT),
            canvas.random.uniform(1.2, 3.4),
            "#ffffff",
        )


def park(canvas: Canvas) -> None:
    """A pocket park: path, benches, trees and neighbours."""
    colours = canvas.palette
    canvas.sky(380, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.skyline(390, mix(colours.far, colours.sky_low, 0.25), tallest=190, lit_share=0.1)
    canvas.ridge(420, 46, colours.mid, waves=9)
    canvas.ground(405, colours.ground, sag=12)
    bends = [(590, 412), (680, 480), (520, 560), (640, 720)]
    canvas.path(bends, mix(colours.wall, colours.ground, 0.2), start=16, growth=0.36)
    for x, foot, size in (
        (90, 520, 250),
        (250, 470, 170),
        (940, 480, 190),
        (1090, 560, 290),
        (760, 440, 110),
        (420, 446, 120),
    ):
        tone = mix(colours.near, colours.ground, canvas.random.uniform(0, 0.35))
        canvas.tree(x + canvas.random.uniform(-14, 14), foot, size, tone)
    for x, y in ((820, 560), (180, 600)):
        canvas.box(x, y, 130, 10, colours.roof, 4)
        canvas.box(x, y - 34, 130, 8, colours.roof, 4)
        canvas.box(x + 12, y - 34, 8, 66, colours.dark)
        canvas.box(x + 110, y - 34, 8, 66, colours.dark)
    for x, size, tone in ((560, 104, colours.accent), (610, 72, colours.lit), (690, 96, colours.near)):
        canvas.person(x, 600, size, tone)
    canvas.grass(600, 26, mix(colours.near, colours.ground, 0.4))


def mountain_road(canvas: Canvas) -> None:
    """A country road winding up the hills."""
    colours = canvas.palette
    canvas.sky(380, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(400, 270, 4)
    canvas.ground(380, colours.near, sag=-30)
    bends: list[Point] = [
        (760, 352),
        (640, 380),
        (560, 402),
        (690, 440),
        (860, 470),
        (640, 530),
        (360, 580),
        (520, 700),
    ]
    canvas.path(bends, mix(colours.wall, colours.ground, 0.35), start=6, growth=0.195)
    canvas.path(bends, mix(colours.roof, colours.far, 0.35), start=4, growth=0.15)
    for _ in range(70):
        x, foot = canvas.random.uniform(0, WIDTH), canvas.random.uniform(400, 660)
        if abs(x - 610) > 120 + (foot - 380) * 0.9:
            tone = canvas.random.choice((colours.mid, colours.ground, mix(colours.accent, colours.near, 0.5)))
            canvas.tree(x, foot, 40 + (foot - 380) * 0.36, tone)
    for place in range(4):
        canvas.house(850 + place * 70, 366 + place % 2 * 8, 52)


def blossom(canvas: Canvas) -> None:
    """Flowering trees along the river bank."""
    colours = canvas.palette
    canvas.sky(370, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(370, 140, 3)
    canvas.water(366, 520, ripples=40)
    canvas.ground(490, colours.ground, sag=-24)
    canvas.polygon([(0, 610), (WIDTH, 560), (WIDTH, 604), (0, 668)], mix(colours.wall, colours.ground, 0.25))
    pink = mix(colours.accent, "#ffffff", 0.35)
    for place in range(7):
        x, foot = 50 + place * 185 + canvas.random.uniform(-24, 24), 545 + canvas.random.uniform(-10, 26)
        size = canvas.random.uniform(180, 250)
        trunk = mix(colours.dark, colours.roof, 0.4)
        canvas.line([(x, foot), (x + 4, foot - size * 0.4), (x - 16, foot - size * 0.62)], trunk, 9)
        canvas.line([(x + 4, foot - size * 0.4), (x + 34, foot - size * 0.6)], trunk, 6)
        for _ in range(26):
            angle, reach = canvas.random.uniform(0, math.tau), canvas.random.random() ** 0.5
            tone = mix(
                pink, canvas.random.choice(("#ffffff", colours.accent)), canvas.random.uniform(0.1, 0.5)
            )
            dx, dy = math.cos(angle) * reach * size * 0.4, math.sin(angle) * reach * size * 0.27
            canvas.disc(x + dx, foot - size * 0.72 + dy, canvas.random.uniform(14, 27), tone)
    for x, size, tone in ((380, 84, colours.roof), (424, 60, colours.accent), (860, 84, colours.near)):
        canvas.person(x, 634, size, tone)
    for _ in range(60):
        canvas.disc(canvas.random.uniform(0, WIDTH), canvas.random.uniform(500, HEIGHT), 3, pink, 0.7)
