"""Where the lines, bars and words of a chart stand: months along the bottom, breaks and gaps marked, no zero assumed.

Pure geometry on figures that were stated; draws nothing itself and leaves out what is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archive.site.drawing import Bar, Colour, Dot, Line, Mark, Picture, Words
from archive.site.wording import day, number

WIDTH, HEIGHT = 480, 280
LEFT, RIGHT, TOP, BOTTOM = 74, 30, 34, 34


class Series(NamedTuple):
    """One line: a name, and its values by month (YYYY-MM-DD); a month without a value is left out and breaks the line."""

    name: str
    points: dict[str, float]
    colour: Colour


class BreakAt(NamedTuple):
    """A break in the series, at the month in which it took effect."""

    month: str
    title: str


class _Scale(NamedTuple):
    first: int
    last: int
    low: float
    high: float

    def x(self, month: int) -> float:
        span = max(1, self.last - self.first)
        return LEFT + (WIDTH - LEFT - RIGHT) * (month - self.first) / span

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - self.low) / (self.high - self.low)


def line_chart(title: str, series: Sequence[Series], breaks: Sequence[BreakAt] = ()) -> Picture:
    """Lines over months. Months between which nothing is stated are not joined; breaks stand as dashed uprights."""
    # Of every line: two lines share their months, and a scale of the last one alone lets the others run out of the picture.
    stated = [point for one in series for point in one.points.items()]
    picture = Picture(WIDTH, HEIGHT, title, _in_words(series, breaks))
    if not stated:
        picture.marks.append(Words(WIDTH / 2, HEIGHT / 2, "No figure to draw", anchor="middle", size=16))
        return picture
    months, values = [month for month, _ in stated], [value for _, value in stated]
    low, high, ticks = nice(min(values), max(values))
    scale = _Scale(_count(min(months)), _count(max(months)), low, high)
    picture.marks += [_heading(title), *_grid(scale, ticks), *_months(scale)]
    picture.marks += _breaks(scale, breaks)
    for one in series:
        picture.marks += _drawn(scale, one)
    picture.marks += _names(series) if len(series) > 1 else []
    return picture


def bar_chart(title: str, parts: Sequence[tuple[str, float | None]], unit: str = "") -> Picture:
    """Bars side by side from zero, each with its value in words; what is unknown has no bar and says so."""
    known = [value for _, value in parts if value is not None]
    words = "; ".join(f"{name}: {'not stated' if value is None else number(round(value, 2))}" for name, value in parts)
    height = 44 + 24 * len(parts)
    picture = Picture(WIDTH, height, title, words, [_heading(title)])
    widest = max(known, default=0) or 1
    for at, (name, value) in enumerate(parts):
        y = 40 + 24 * at
        picture.marks.append(Words(100, y + 12, name, "ink", 12, "end"))
        if value is None:
            picture.marks.append(Words(108, y + 12, "not stated", "quiet", 12))
            continue
        length = (WIDTH - 200) * value / widest
        picture.marks.append(Bar(108, y, max(length, 0.5), 16, "area"))
        picture.marks.append(Words(114 + length, y + 12, f"{number(round(value, 2))}{unit}", "quiet", 12))
    return picture


def nice(low: float, high: float) -> tuple[float, float, list[float]]:
    """Round ends of a scale around two values, and the ticks between them; always some room, never zero width."""
    if high <= low:
        low, high = low - max(1.0, abs(low) * 0.05), high + max(1.0, abs(high) * 0.05)
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= 5)
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
    ticks = [bottom + step * n for n in range(round((top - bottom) / step) + 1)]
    return bottom, top, ticks


def _heading(title: str) -> Words:
    """The title inside the picture's width: smaller where it is long, cut where it is longer still (the words hold all of it)."""
    if len(title) <= 56:
        return Words(12, 18, title, "ink", 14)
    return Words(12, 18, title if len(title) <= 76 else f"{title[:75]}…", "ink", 11)


def _count(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _grid(scale: _Scale, ticks: Iterable[float]) -> list[Mark]:
    marks: list[Mark] = []
    for tick in ticks:
        y = scale.y(tick)
        marks.append(Line(((LEFT, y), (WIDTH - RIGHT, y)), "grid"))
        marks.append(
            Words(LEFT - 6, y + 4, number(round(tick) if float(tick).is_integer() else round(tick, 2)), anchor="end")
        )
    return marks


def _months(scale: _Scale) -> list[Mark]:
    step = max(1, math.ceil((scale.last - scale.first) / 4))
    months = range(scale.first, scale.last + 1, step)
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return [Words(scale.x(m), HEIGHT - 12, f"{names[m % 12]} {m // 12}", anchor="middle") for m in months]


def _drawn(scale: _Scale, one: Series) -> list[Mark]:
    """Runs of months that follow one another are joined; across a gap nothing is drawn."""
    runs: list[list[int]] = []
    for month in sorted(map(_count, one.points)):
        if runs and runs[-1][-1] == month - 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    by_month = {_count(month): value for month, value in one.points.items()}
    places = [[(scale.x(m), scale.y(by_month[m])) for m in run] for run in runs]
    lines: list[Mark] = [Line(tuple(run), one.colour, 2.5) for run in places if len(run) > 1]
    return lines + [Dot(x, y, 3, one.colour) for run in places for x, y in run]


def _breaks(scale: _Scale, breaks: Sequence[BreakAt]) -> list[Mark]:
    marks: list[Mark] = []
    for at, one in enumerate(breaks, 1):
        if scale.first < _count(one.month) <= scale.last:
            x = scale.x(_count(one.month)) - 2
            marks.append(Line(((x, TOP), (x, HEIGHT - BOTTOM)), "break", 1.5, dashed=True))
            # To the left of its line, unless it would run into the scale.
            beside = Words(x - 3, TOP + 10, f"break {at}", "break", 11, "end")
            marks.append(beside if x > LEFT + 50 else beside._replace(x=x + 3, anchor="start"))
    return marks


def _names(series: Sequence[Series]) -> list[Mark]:
    marks: list[Mark] = []
    for at, one in enumerate(series):
        x, y = LEFT + 8, TOP + 8 + 16 * at
        marks += [Line(((x, y), (x + 18, y)), one.colour, 2.5), Words(x + 24, y + 4, one.name, one.colour, 12)]
    return marks


def _plain(value: float) -> str:
    """People are whole; an index has two places."""
    return number(int(value) if value.is_integer() else round(value, 2))


def _in_words(series: Sequence[Series], breaks: Sequence[BreakAt]) -> str:
    told = []
    for one in series:
        if one.points:
            first, last = min(one.points), max(one.points)
            told.append(
                f"{one.name}: {_plain(one.points[first])} on {day(first)}, "
                f"{_plain(one.points[last])} on {day(last)}, {len(one.points)} months stated."
            )
    told += [f"Break in {day(one.month[:7])}: {one.title}." for one in breaks]
    return " ".join(told) or "Nothing is stated."
