"""Motifs of streets, markets and rails."""

from jiyue.demo.canvas import HEIGHT, WIDTH, Canvas, Point, mix


def _sun(canvas: Canvas) -> Point:
    return canvas.random.uniform(180, 1020), canvas.random.uniform(110, 190)


def bus(canvas: Canvas) -> None:
    """A city bus at its stop."""
    colours = canvas.palette
    canvas.sky(430, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.skyline(470, mix(colours.far, colours.sky_low, 0.2), tallest=260, lit_share=0.15)
    canvas.ridge(486, 50, colours.mid, waves=10)
    canvas.box(0, 480, WIDTH, 44, mix(colours.wall, colours.ground, 0.3))
    road = mix(colours.roof, colours.far, 0.25)
    canvas.box(0, 520, WIDTH, HEIGHT - 520, road)
    for x in range(20, WIDTH, 150):
        canvas.box(x, 616, 84, 7, mix(road, "#ffffff", 0.75), 2)
    for x in (60, 1130):
        canvas.tree(x, 506, 170, colours.near)
    _shelter(canvas, 850)
    _bus_body(canvas, 200 + canvas.random.uniform(-30, 70), 572)


def _shelter(canvas: Canvas, x: float) -> None:
    colours = canvas.palette
    canvas.box(x, 372, 230, 12, colours.roof, 4)
    canvas.box(x + 14, 384, 6, 128, colours.dark)
    canvas.box(x + 210, 384, 6, 128, colours.dark)
    canvas.box(x + 24, 396, 90, 84, mix(colours.sky_low, colours.sky_top, 0.3), 4)
    canvas.box(x + 40, 486, 150, 8, colours.roof, 3)
    for offset, size, tone in ((140, 92, colours.near), (182, 80, colours.accent)):
        canvas.person(x + offset, 516, size, tone)


def _bus_body(canvas: Canvas, x: float, foot: float) -> None:
    colours = canvas.palette
    glass = mix(colours.sky_top, colours.sky_low, 0.35)
    canvas.disc(x + 280, foot + 6, 300, mix(colours.roof, colours.dark, 0.5), 0.05)
    canvas.box(x, foot - 196, 560, 180, colours.wall, 22)
    canvas.box(x, foot - 84, 560, 40, colours.accent)
    canvas.box(x, foot - 50, 560, 34, mix(colours.accent, colours.dark, 0.25), 12)
    canvas.box(x + 60, foot - 212, 240, 18, mix(colours.wall, colours.roof, 0.3), 8)
    for window in range(4):
        canvas.box(x + 22 + window * 92, foot - 176, 80, 74, glass, 8)
        canvas.person(
            x + 60 + window * 92,
            foot - 92,
            62,
            (colours.near, colours.roof, colours.accent, colours.mid)[window],
        )
        canvas.box(x + 22 + window * 92, foot - 110, 80, 26, colours.wall)
    canvas.box(x + 22, foot - 84, 368, 40, colours.accent)
    canvas.box(x + 396, foot - 176, 64, 148, glass, 8)
    canvas.box(x + 426, foot - 176, 4, 148, colours.dark)
    canvas.box(x + 474, foot - 176, 78, 92, glass, 12)
    canvas.box(x + 474, foot - 194, 70, 14, colours.dark, 4)
    canvas.box(x + 484, foot - 190, 50, 6, colours.lit)
    canvas.box(x + 544, foot - 66, 16, 18, colours.lit, 5)
    for wheel in (x + 110, x + 440):
        canvas.disc(wheel, foot - 10, 38, colours.dark)
        canvas.disc(wheel, foot - 10, 18, mix(colours.wall, colours.roof, 0.35))


def railway(canvas: Canvas) -> None:
    """A fast train on a viaduct."""
    colours = canvas.palette
    canvas.sky(400, sun=_sun(canvas))
    canvas.clouds(3)
    canvas.hills(410, 190, 3)
    canvas.ground(420, colours.ground, sag=-10)
    for _ in range(24):
        canvas.tree(
            canvas.random.uniform(0, WIDTH),
            canvas.random.uniform(560, 640),
            canvas.random.uniform(50, 90),
            colours.near,
        )
    stone = mix(colours.wall, colours.far, 0.35)
    for pier in range(7):
        canvas.box(40 + pier * 190, 452, 34, HEIGHT - 452, mix(stone, colours.dark, 0.12))
    canvas.box(0, 436, WIDTH, 26, stone)
    canvas.box(0, 456, WIDTH, 7, mix(stone, colours.dark, 0.3))
    for mast in range(6):
        x = 90 + mast * 210
        canvas.line([(x, 436), (x, 300), (x + 44, 300)], mix(stone, colours.dark, 0.45), 4)
    canvas.line([(0, 316), (WIDTH, 316)], mix(stone, colours.dark, 0.4), 1.4)
    nose = 960 + canvas.random.uniform(-60, 60)
    body = [(-20, 346), (nose - 120, 346), (nose - 40, 366), (nose + 40, 412), (nose + 44, 432), (-20, 432)]
    canvas.polygon(body, mix("#ffffff", colours.sky_low, 0.15))
    canvas.polygon([(-20, 402), (nose + 20, 402), (nose + 40, 414), (-20, 414)], colours.accent)
    canvas.polygon([(nose - 104, 358), (nose - 52, 366), (nose - 8, 392), (nose - 96, 388)], colours.dark)
    window = 12.0
    while window < nose - 170:
        canvas.box(window, 366, 34, 22, colours.dark, 4)
        window += 48 if int(window) % 340 > 60 else 76
    canvas.ridge(640, 40, mix(colours.ground, colours.near, 0.4), waves=4)


def market(canvas: Canvas) -> None:
    """Stalls with striped awnings, heaped with fruit and greens."""
    colours = canvas.palette
    canvas.sky(400, sun=_sun(canvas))
    canvas.clouds(3, 40, 120)
    canvas.skyline(420, mix(colours.far, colours.sky_low, 0.25), tallest=190, lit_share=0.1)
    for place in range(6):
        canvas.house(-20 + place * 210, 452, 180)
    canvas.box(0, 450, WIDTH, HEIGHT - 450, mix(colours.wall, colours.wall_dark, 0.7))
    stripes = (
        colours.accent,
        mix(colours.near, colours.ground, 0.3),
        mix(colours.roof, colours.sky_top, 0.4),
    )
    for stall in range(4):
        x = 24 + stall * 296
        canvas.box(x + 8, 350, 7, 210, colours.dark)
        canvas.box(x + 250, 350, 7, 210, colours.dark)
        for stripe in range(8):
            tone = stripes[stall % 3] if stripe % 2 else mix("#ffffff", colours.wall, 0.3)
            left = x - 8 + stripe * 35
            canvas.polygon([(left + 10, 316), (left + 42, 316), (left + 35, 372), (left, 372)], tone)
            canvas.disc(left + 17.5, 372, 17.5, tone, 0.7)
        canvas.person(x + 130 + canvas.random.uniform(-50, 50), 520, 120, stripes[(stall + 1) % 3])
        canvas.box(x, 486, 266, 84, mix(colours.roof, colours.wall, 0.35), 4)
        canvas.box(x, 486, 266, 12, mix(colours.roof, colours.dark, 0.2), 4)
        for crate in range(4):
            tone = canvas.random.choice(("#d8583a", "#e6a23c", "#6aa84f", "#8e5a9b", "#c9d36a"))
            tone = mix(tone, colours.sky_low, 0.15)
            for piece in range(9):
                fx = x + 20 + crate * 62 + piece % 5 * 9 + (4 if piece > 4 else 0)
                canvas.disc(fx, 482 - (piece > 4) * 9, 8, mix(tone, colours.dark, piece % 3 * 0.06))
    for x, size, tone in (
        (150, 118, colours.near),
        (204, 84, colours.lit),
        (640, 122, colours.roof),
        (960, 116, colours.accent),
    ):
        canvas.person(x + canvas.random.uniform(-20, 20), 640, size, tone)


def lanterns(canvas: Canvas) -> None:
    """Strings of lanterns over an old street."""
    colours = canvas.palette
    canvas.sky(470, sun=(canvas.random.uniform(500, 700), 140), stars=60)
    canvas.ridge(470, 130, colours.far, waves=2)
    canvas.polygon(
        [(380, 470), (820, 470), (1130, HEIGHT), (70, HEIGHT)], mix(colours.wall_dark, colours.dark, 0.35)
    )
    for depth in range(4):
        size = (0.5, 0.72, 1.0, 1.45)[depth]
        for side in (-1, 1):
            inner = 600 + side * (190 + depth * 105)
            width, foot = 170 * size, 462 + depth * 52
            left = inner if side > 0 else inner - width
            tall = 150 * size
            wall = mix(colours.wall, colours.dark, 0.35 - depth * 0.05)
            canvas.box(left, foot - tall, width, tall, wall)
            canvas.polygon(
                [
                    (left - 22 * size, foot - tall),
                    (left + 20 * size, foot - tall - 54 * size),
                    (left + width - 20 * size, foot - tall - 54 * size),
                    (left + width + 22 * size, foot - tall),
                ],
                colours.roof,
            )
            for window in range(2):
                canvas.box(
                    left + (22 + window * 78) * size, foot - tall * 0.72, 48 * size, 48 * size, colours.lit, 3
                )
            canvas.box(
                left + 66 * size,
                foot - tall * 0.4,
                36 * size,
                tall * 0.4,
                mix(colours.lit, colours.roof, 0.3),
            )
    for row in range(4):
        top, sag, size = 60 + row * 62, 120 - row * 22, 30 - row * 5
        points = [(x, top + sag * (1 - ((x - 600) / 640) ** 2)) for x in range(-20, WIDTH + 40, 20)]
        canvas.line(points, mix(colours.dark, colours.wall, 0.25), 2)
        count = 9 + row * 3
        for place in range(count):
            x = (place + 0.5) * WIDTH / count
            _lantern(canvas, x, top + sag * (1 - ((x - 600) / 640) ** 2) + size + 4, size)
    for x, size, tone in (
        (520, 84, colours.wall),
        (566, 58, colours.accent),
        (690, 88, colours.mid),
        (430, 104, colours.near),
    ):
        canvas.person(x, 640, size, tone)


def _lantern(canvas: Canvas, x: float, y: float, size: float) -> None:
    colours = canvas.palette
    red = mix(colours.accent, "#d8392b", 0.5)
    canvas.disc(x, y, size * 1.35, mix(mix(colours.sky_top, colours.sky_low, 0.5), red, 0.22))
    canvas.disc(x, y, size, red, 0.82)
    canvas.disc(x, y, size * 0.55, mix(red, colours.lit, 0.35), 1.48)
    canvas.box(x - size * 0.4, y - size * 0.95, size * 0.8, size * 0.16, colours.lit)
    canvas.box(x - size * 0.4, y + size * 0.78, size * 0.8, size * 0.16, colours.lit)
    canvas.line([(x, y + size * 0.9), (x, y + size * 1.5)], colours.lit, 2)
