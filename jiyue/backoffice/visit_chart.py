"""A plain bar chart as numbers that a template writes into SVG attributes; no script, no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 720, 160  # user units of the SVG
_GAP = 0.25  # of a bar's width


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: readers from search engines below, from other websites above."""

    day: date
    x: str
    width: str
    engines_y: str
    engines_height: str
    others_y: str
    others_height: str
    engines: int
    others: int


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws; `top` is the number at the upper edge."""

    bars: tuple[Bar, ...]
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def draw_days(days: Sequence[tuple[date, int, int]]) -> Chart:
    """Draw days, oldest first: (day, readers from search engines, readers from other websites)."""
    top = max((engines + others for _day, engines, others in days), default=0)
    step = WIDTH / max(1, len(days))
    scale = HEIGHT / max(1, top)
    bars = tuple(
        Bar(
            day=day,
            x=_number(place * step + step * _GAP / 2),
            width=_number(step * (1 - _GAP)),
            engines_y=_number(HEIGHT - engines * scale),
            engines_height=_number(engines * scale),
            others_y=_number(HEIGHT - (engines + others) * scale),
            others_height=_number(others * scale),
            engines=engines,
            others=others,
        )
        for place, (day, engines, others) in enumerate(days)
        if engines or others
    )
    return Chart(bars, top)


def _number(value: float) -> str:
    """Written with a point in every language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
