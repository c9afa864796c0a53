"""A pen that draws softly shaded shapes on a picture, in the coordinates of the object being drawn.

Pictures are drawn several times too large and shrunk at the end, which makes every edge smooth.
Randomness comes in as `random.Random`, whose numbers are the same in every version of Python.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Point = tuple[float, float]
Color = tuple[int, int, int]

INK: Color = (43, 38, 52)
WHITE: Color = (255, 255, 255)
BLACK: Color = (0, 0, 0)


def hsv(hue: float, saturation: float, value: float) -> Color:
    """The colour of a hue (in turns, any number), saturation and value (0 to 1, clipped)."""
    channels = colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0))
    red, green, blue = (round(255 * channel) for channel in channels)
    return red, green, blue


def mix(first: Color, second: Color, share: float) -> Color:
    """The colour between two colours; `share` 0 gives the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(color: Color, share: float) -> Color:
    """A deeper shade, turned a little towards blue as shadows are."""
    return mix(color, (24, 20, 56), share)


def lighter(color: Color, share: float) -> Color:
    """A paler tint, turned a little towards yellow as light is."""
    return mix(color, (255, 252, 235), share)


def ring(center: Point, radii: Point, *, start: float = 0.0, end: float = 360.0, turn: float = 0.0) -> list[Point]:
    """Points on an ellipse from angle `start` to `end` in degrees (0 is right, 90 is down), turned by `turn`."""
    count = max(6, math.ceil(abs(end - start) / 7.5))
    cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    points = []
    for step in range(count + 1):
        angle = math.radians(start + (end - start) * step / count)
        x, y = radii[0] * math.cos(angle), radii[1] * math.sin(angle)
        points.append((center[0] + x * cosine - y * sine, center[1] + x * sine + y * cosine))
    return points


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 8) -> list[Point]:
    """A round curve through all points (Catmull-Rom spline)."""
    count = len(points)
    if closed:
        quads = [[points[(i + j) % count] for j in (-1, 0, 1, 2)] for i in range(count)]
    else:
        padded = [points[0], *points, points[-1]]
        quads = [list(padded[i : i + 4]) for i in range(count - 1)]
    curve = []
    for before, start, end, after in quads:
        for step in range(steps):
            t = step / steps
            weights = (
                (-t + 2 * t * t - t**3) / 2,
                (2 - 5 * t * t + 3 * t**3) / 2,
                (t + 4 * t * t - 3 * t**3) / 2,
                (t**3 - t * t) / 2,
            )
            corners = (before, start, end, after)
            curve.append(
                (
                    sum(weight * corner[0] for weight, corner in zip(weights, corners, strict=True)),
                    sum(weight * corner[1] for weight, corner in zip(weights, corners, strict=True)),
                )
            )
    return curve if closed else [*curve, points[-1]]


def _light_tile(side: Literal["left", "right"]) -> Image.Image:
    """How dark a shape is, from the lit upper corner to the opposite one."""
    down = Image.linear_gradient("L").resize((64, 64))
    across = down.transpose(Image.Transpose.ROTATE_90 if side == "left" else Image.Transpose.ROTATE_270)
    return Image.blend(across, down, 0.45)


_LIGHT = {"left": _light_tile("left"), "right": _light_tile("right")}


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws on `image`; the object's coordinates reach from about -1 to 1 in x and y, y pointing down."""

    image: Image.Image
    origin: Point
    """Pixel at which the object's (0, 0) lies."""
    scale: float
    """Pixels per unit of the object's coordinates."""
    angle: float = 0.0
    """Degrees, clockwise."""
    flip: bool = False
    ink: bool = False
    """Whether shapes get a dark outline."""
    light: Literal["left", "right"] = "left"
    clip: Image.Image | None = None
    """Where drawing is possible; everywhere when None."""

    def at(self, x: float, y: float, *, scale: float = 1.0, angle: float = 0.0) -> Pen:
        """A pen for a part of the object: its (0, 0) lies at (x, y) of this pen."""
        turned = -angle if self.flip else angle
        return replace(self, origin=self.pixel((x, y)), scale=self.scale * scale, angle=self.angle + turned)

    def pixel(self, point: Point) -> Point:
        """Where a point of the object lies in the picture."""
        x, y = (-point[0] if self.flip else point[0]) * self.scale, point[1] * self.scale
        cosine, sine = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        return self.origin[0] + x * cosine - y * sine, self.origin[1] + x * sine + y * cosine

    def fill(
        self, points: Sequence[Point], color: Color, *, shade: float = 0.32, opacity: float = 1.0, ink: bool = True
    ) -> None:
        """Fill a polygon: `color` in the light, up to `shade` darker away from it."""
        corners = [self.pixel(point) for point in points]
        left, upper = (math.floor(min(corner[axis] for corner in corners)) - 2 for axis in (0, 1))
        right, lower = (math.ceil(max(corner[axis] for corner in corners)) + 3 for axis in (0, 1))
        mask = Image.new("L", (right - left, lower - upper))
        local = [(x - left, y - upper) for x, y in corners]
        ImageDraw.Draw(mask).polygon(local, fill=round(255 * opacity))
        self._paint(mask, (left, upper), color)
        if shade:
            falloff = _LIGHT[self.light].resize(mask.size).point(lambda level: round(level * shade))
            self._paint(ImageChops.multiply(mask, falloff), (left, upper), darker(color, 0.9))
        if self.ink and ink and opacity == 1.0:
            self.stroke([*points, points[0]], 0.035, mix(darker(color, 0.75), INK, 0.6))

    def stroke(self, points: Sequence[Point], width: float, color: Color, *, opacity: float = 1.0) -> None:
        """Draw a line with round ends and corners; `width` in the object's units."""
        corners = [self.pixel(point) for point in points]
        pixels = max(1.0, width * self.scale)
        margin = math.ceil(pixels) + 2
        left, upper = (math.floor(min(corner[axis] for corner in corners)) - margin for axis in (0, 1))
        right, lower = (math.ceil(max(corner[axis] for corner in corners)) + margin for axis in (0, 1))
        mask = Image.new("L", (right - left, lower - upper))
        local = [(x - left, y - upper) for x, y in corners]
        draw = ImageDraw.Draw(mask)
        draw.line(local, fill=round(255 * opacity), width=round(pixels), joint="curve")
        for x, y in (local[0], local[-1]):
            draw.ellipse((x - pixels / 2, y - pixels / 2, x + pixels / 2, y + pixels / 2), fill=round(255 * opacity))
        self._paint(mask, (left, upper), color)

    def ellipse(self, center: Point, radii: Point, color: Color, *, turn: float = 0.0, shade: float = 0.32) -> None:
        """Fill an ellipse."""
        self.fill(ring(center, radii, turn=turn), color, shade=shade)

    def dot(self, center: Point, radius: float, color: Color) -> None:
        """Fill a small disc without shading or outline."""
        self.fill(ring(center, (radius, radius)), color, shade=0, ink=False)

    def glow(self, center: Point, radius: float, color: Color, strength: float = 0.8) -> None:
        """Light up the surroundings of a lamp, fading outwards."""
        x, y = self.pixel(center)
        side = max(2, round(2 * radius * self.scale))
        halo = Image.radial_gradient("L").point(lambda level: round(max(0, 255 - 2 * level) * strength))
        self._paint(halo.resize((side, side)), (round(x - side / 2), round(y - side / 2)), color)

    @contextmanager
    def inside(self, points: Sequence[Point]) -> Iterator[Pen]:
        """A pen that only draws inside a polygon; the polygon's outline is drawn again at the end."""
        clip = Image.new("L", self.image.size)
        ImageDraw.Draw(clip).polygon([self.pixel(point) for point in points], fill=255)
        yield replace(self, clip=clip if self.clip is None else ImageChops.multiply(self.clip, clip), ink=False)
        if self.ink:
            self.stroke([*points, points[0]], 0.035, INK)

    def shine(self, points: Sequence[Point], strength: float = 0.45) -> None:
        """Put a highlight on a surface."""
        self.fill(points, WHITE, shade=0, opacity=strength)

    def ground_shadow(self, center: Point, radii: Point, strength: float = 0.35) -> None:
        """Darken the ground below an object, fading outwards."""
        x, y = self.pixel(center)
        width, height = max(2, round(2.6 * radii[0] * self.scale)), max(2, round(2.6 * radii[1] * self.scale))
        shadow = Image.radial_gradient("L").point(lambda level: round(max(0, 255 - 2 * level) * strength))
        shadow = shadow.resize((width, height)).rotate(-self.angle, expand=True, resample=Image.Resampling.BILINEAR)
        self._paint(shadow, (round(x - shadow.width / 2), round(y - shadow.height / 2)), (12, 10, 34))

    def _paint(self, mask: Image.Image, corner: tuple[int, int], color: Color) -> None:
        if self.clip is not None:
            box = (corner[0], corner[1], corner[0] + mask.width, corner[1] + mask.height)
            mask = ImageChops.multiply(mask, self.clip.crop(box))
        self.image.paste(color, (*corner, corner[0] + mask.width, corner[1] + mask.height), mask)


def gradient(size: tuple[int, int], stops: Sequence[Color]) -> Image.Image:
    """A picture of `size` (width, height) whose colour goes through the stops from top to bottom."""
    strip = Image.new("RGB", (1, len(stops)))
    strip.putdata(list(stops))
    return strip.resize(size, Image.Resampling.BICUBIC)


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """The picture out of focus."""
    return image.filter(ImageFilter.GaussianBlur(radius)) if radius > 0 else image
