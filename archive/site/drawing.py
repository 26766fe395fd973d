"""A picture as a list of lines, bars and words, given out as SVG for pages and as PNG to take away.

Knows no figures and no files: what is drawn where is decided in charts.py. Needs no fonts and no browser.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from markupsafe import Markup, escape
from PIL import Image, ImageDraw, ImageFont

Colour = Literal["ink", "quiet", "grid", "area", "england", "break"]
COLOURS: dict[Colour, str] = {
    # On white each has a contrast of 4.5 or more, but the grid, which says nothing.
    "ink": "#111a35", "quiet": "#444c60", "grid": "#d5d9e2", "area": "#0b4f8a", "england": "#8a3c00", "break": "#a3001b",
}  # fmt: skip
BACKGROUND = "#ffffff"
CAPTION = 11
SCALE = 2
"""Pixels of a PNG for each unit of the picture."""


class Line(NamedTuple):
    """Straight strokes from point to point."""

    points: tuple[tuple[float, float], ...]
    colour: Colour
    width: float = 1
    dashed: bool = False


class Dot(NamedTuple):
    """A filled circle."""

    x: float
    y: float
    radius: float
    colour: Colour


class Bar(NamedTuple):
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: Colour


class Words(NamedTuple):
    """One line of text; `anchor` says which of its ends stands at x."""

    x: float
    y: float
    text: str
    colour: Colour = "quiet"
    size: int = 12
    anchor: Literal["start", "middle", "end"] = "start"


Mark = Line | Dot | Bar | Words


@dataclass
class Picture:
    """What is drawn, on white, in units of one CSS pixel."""

    width: int
    height: int
    title: str
    description: str
    """What a person who cannot see it should know."""
    marks: list[Mark] = field(default_factory=list)


def svg(picture: Picture, name: str) -> Markup:
    """The picture as SVG that fits its box; `name` makes the ids of title and description unique on a page."""
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img"'
        ' aria-labelledby="{n}-title {n}-words"><title id="{n}-title">{t}</title><desc id="{n}-words">{d}</desc>'
        '<rect width="{w}" height="{h}" fill="{b}"/>{marks}</svg>'
    ).format(
        w=picture.width,
        h=picture.height,
        n=name,
        t=picture.title,
        d=picture.description,
        b=BACKGROUND,
        marks=Markup("").join(_svg(mark) for mark in picture.marks),
    )


def _svg(mark: Mark) -> Markup:
    colour = COLOURS[mark.colour]
    if isinstance(mark, Line):
        dashes = Markup(' stroke-dasharray="4 3"') if mark.dashed else ""
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
        return Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="{}"{}/>').format(
            points, colour, mark.width, dashes
        )
    if isinstance(mark, Dot):
        return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}"/>').format(mark.x, mark.y, mark.radius, colour)
    if isinstance(mark, Bar):
        return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>').format(
            mark.x, mark.y, mark.width, mark.height, colour
        )
    return Markup('<text x="{:.1f}" y="{:.1f}" font-size="{}" text-anchor="{}" fill="{}">{}</text>').format(
        mark.x, mark.y, mark.size, mark.anchor, colour, escape(mark.text)
    )


def captioned(picture: Picture, captions: Sequence[str]) -> Picture:
    """The picture with lines (date, source, label) under it, inside the picture, since pictures travel without their page."""
    # Room to spare: the letters of whoever shows the SVG may be wider than those it is measured by here.
    told = [line for one in captions for line in _lines(one, picture.width - 70)]
    lines = [Words(12, picture.height + 12 + 18 * at, one, "quiet", CAPTION) for at, one in enumerate(told)]
    height = picture.height + 18 * len(lines) + 8
    return Picture(picture.width, height, picture.title, picture.description, [*picture.marks, *lines])


def png(picture: Picture) -> bytes:
    """The picture as PNG."""
    image = Image.new("RGB", (picture.width * SCALE, picture.height * SCALE), BACKGROUND)
    draw = ImageDraw.Draw(image)
    for mark in picture.marks:
        _paint(draw, mark)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _lines(caption: str, width: float) -> list[str]:
    """A caption in lines that fit the picture, broken between words: what is cut off at the edge cannot be cited."""
    font = ImageFont.load_default(CAPTION * SCALE)
    lines: list[str] = []
    for word in caption.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width * SCALE:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _paint(draw: ImageDraw.ImageDraw, mark: Mark) -> None:
    colour = COLOURS[mark.colour]
    if isinstance(mark, Line):
        _paint_line(draw, mark, colour)
    elif isinstance(mark, Dot):
        box = (mark.x - mark.radius, mark.y - mark.radius, mark.x + mark.radius, mark.y + mark.radius)
        draw.ellipse([SCALE * end for end in box], fill=colour)
    elif isinstance(mark, Bar):
        box = (mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
        draw.rectangle([SCALE * end for end in box], fill=colour)
    else:
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[mark.anchor]
        font = ImageFont.load_default(mark.size * SCALE)
        draw.text((mark.x * SCALE, mark.y * SCALE), mark.text, fill=colour, font=font, anchor=anchor)


def _paint_line(draw: ImageDraw.ImageDraw, line: Line, colour: str) -> None:
    points = [(x * SCALE, y * SCALE) for x, y in line.points]
    if not line.dashed:
        draw.line(points, fill=colour, width=round(line.width * SCALE), joint="curve")
        return
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        steps = max(1, int(max(abs(x2 - x1), abs(y2 - y1)) // (7 * SCALE)))
        for step in range(steps):
            start, end = step / steps, (step + 0.57) / steps
            ends = [(x1 + (x2 - x1) * part, y1 + (y2 - y1) * part) for part in (start, end)]
            draw.line(ends, fill=colour, width=round(line.width * SCALE))
