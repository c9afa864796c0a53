"""Places in which objects are drawn: skies, water, land, rooms."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from pen import WHITE, Color, Pen, Point, darker, gradient, hsv, lighter, mix, ring, smooth
from PIL import Image

Size = tuple[int, int]


def _canvas_pen(image: Image.Image) -> Pen:
    """A pen whose coordinates go from (0, 0) to (aspect ratio, 1) over the whole picture."""
    return Pen(image=image, origin=(0, 0), scale=image.height)


def _ridge(dice: Random, level: float, height: float, width: float) -> list[Point]:
    """The outline of rolling land whose top lies around `level`, closed below the picture."""
    phase, waves = dice.uniform(0, 6.3), dice.uniform(1.2, 2.6)
    top = [
        (
            width * i / 24,
            level
            - height * math.sin(phase + waves * math.pi * i / 24)
            - 0.35 * height * math.sin(2.7 * phase + 2.3 * waves * math.pi * i / 24),
        )
        for i in range(25)
    ]
    return [(-0.05, 1.05), (-0.05, top[0][1]), *top, (width + 0.05, top[-1][1]), (width + 0.05, 1.05)]


def cloud(pen: Pen, center: Point, size: float, color: Color, dice: Random) -> None:
    """A heap of round puffs with a flat bottom."""
    x, y = center
    puffs = dice.randint(4, 6)
    for i in range(puffs):
        share = i / (puffs - 1) - 0.5
        radius = size * (0.34 - 0.5 * share * share) * dice.uniform(0.85, 1.1)
        pen.fill(ring((x + 1.3 * size * share, y - 0.45 * radius), (radius, radius)), color, shade=0.06, ink=False)
    pen.fill(ring((x, y), (0.85 * size, 0.14 * size)), color, shade=0.06, ink=False)


def _clouds(pen: Pen, width: float, color: Color, dice: Random, *, lowest: float = 0.5) -> None:
    for _ in range(dice.randint(1, 4)):
        center = (dice.uniform(0, width), dice.uniform(0.08, lowest))
        cloud(pen, center, dice.uniform(0.08, 0.17), color, dice)


def day(size: Size, dice: Random) -> Image.Image:
    """Blue sky over green hills."""
    top = hsv(dice.uniform(0.53, 0.61), dice.uniform(0.4, 0.75), dice.uniform(0.75, 0.95))
    image = gradient(size, [top, mix(top, WHITE, 0.3), mix(top, (255, 246, 225), 0.78)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    if dice.random() < 0.4:
        sun = (dice.uniform(0.1, 0.9) * width, dice.uniform(0.1, 0.3))
        pen.glow(sun, 0.4, (255, 244, 190), 0.9)
        pen.dot(sun, 0.06, (255, 241, 179))
    _clouds(pen, width, mix(WHITE, top, 0.08), dice)
    hue = dice.uniform(0.2, 0.4)
    for i in range(dice.randint(1, 3)):
        land = hsv(hue + 0.02 * i, 0.3 + 0.14 * i, 0.72 - 0.08 * i)
        pen.fill(_ridge(dice, 0.74 + 0.1 * i, 0.06, width), land, shade=0.22, ink=False)
    return image


def sunset(size: Size, dice: Random) -> Image.Image:
    """A warm evening with a low sun and dark hills."""
    hue = dice.uniform(0.94, 1.03)
    image = gradient(
        size,
        [
            hsv(dice.uniform(0.62, 0.78), 0.5, 0.52),
            hsv(hue - 0.06, 0.46, 0.8),
            hsv(hue + 0.03, 0.55, 0.98),
            hsv(0.12, 0.45, 1.0),
        ],
    )
    pen, width = _canvas_pen(image), size[0] / size[1]
    sun = (dice.uniform(0.15, 0.85) * width, dice.uniform(0.5, 0.68))
    pen.glow(sun, 0.55, (255, 226, 150), 0.9)
    pen.dot(sun, dice.uniform(0.06, 0.1), (255, 238, 190))
    for _ in range(dice.randint(2, 5)):
        x, y = dice.uniform(0, width), dice.uniform(0.1, 0.55)
        pen.fill(ring((x, y), (dice.uniform(0.15, 0.35), 0.014)), hsv(hue, 0.3, 0.98), shade=0, opacity=0.55, ink=False)
    base = hsv(dice.uniform(0.7, 0.85), 0.42, 0.42)
    for i in range(2):
        pen.fill(_ridge(dice, 0.76 + 0.11 * i, 0.05, width), darker(base, 0.3 * i), shade=0.2, ink=False)
    return image


def night(size: Size, dice: Random) -> Image.Image:
    """A starry sky with a moon."""
    hue = dice.uniform(0.6, 0.74)
    image = gradient(size, [hsv(hue, 0.75, 0.16), hsv(hue, 0.65, 0.3), hsv(hue - 0.03, 0.5, 0.46)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    for _ in range(dice.randint(30, 70)):
        star = (dice.uniform(0, width), dice.uniform(0, 0.8) ** 1.2)
        pen.dot(star, dice.choice([0.003, 0.004, 0.004, 0.007]), mix(WHITE, hsv(hue, 0.5, 0.8), dice.random()))
    if dice.random() < 0.7:
        x, y, radius = dice.uniform(0.1, 0.9) * width, dice.uniform(0.12, 0.35), dice.uniform(0.05, 0.09)
        pen.glow((x, y), 0.3, (214, 218, 255), 0.5)
        pen.dot((x, y), radius, (244, 240, 218))
        pen.dot((x + 0.3 * radius, y - 0.2 * radius), 0.22 * radius, (224, 218, 200))
        pen.dot((x - 0.35 * radius, y + 0.35 * radius), 0.16 * radius, (224, 218, 200))
    pen.fill(_ridge(dice, 0.86, 0.05, width), hsv(hue + 0.02, 0.6, 0.14), shade=0, ink=False)
    return image


def sea(size: Size, dice: Random) -> Image.Image:
    """Open water under a wide sky."""
    hue = dice.uniform(0.5, 0.6)
    sky = hsv(hue + 0.02, dice.uniform(0.25, 0.5), 0.95)
    image = gradient(size, [sky, mix(sky, WHITE, 0.55), mix(sky, (255, 240, 225), 0.8)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    _clouds(pen, width, (252, 250, 250), dice, lowest=0.4)
    horizon = dice.uniform(0.5, 0.68)
    water = hsv(hue, dice.uniform(0.5, 0.75), dice.uniform(0.5, 0.72))
    sea_part = gradient((size[0], size[1]), [lighter(water, 0.35), water, darker(water, 0.35)])
    image.paste(sea_part.resize((size[0], size[1] - round(horizon * size[1]))), (0, round(horizon * size[1])))
    for _ in range(dice.randint(10, 22)):
        depth = dice.random()
        x, y, length = dice.uniform(0, width), horizon + 0.02 + (1 - horizon) * depth**1.4, 0.03 + 0.1 * depth
        wave = [(x + length * t / 6, y - 0.012 * depth * math.sin(math.pi * t / 6)) for t in range(7)]
        pen.stroke(wave, 0.004 + 0.007 * depth, lighter(water, 0.6), opacity=0.7)
    return image


def desert(size: Size, dice: Random) -> Image.Image:
    """Dunes under a hot sky."""
    sky = hsv(dice.uniform(0.5, 0.58), dice.uniform(0.2, 0.45), 0.93)
    image = gradient(size, [sky, mix(sky, (255, 236, 200), 0.6), (255, 226, 186)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    if dice.random() < 0.6:
        sun = (dice.uniform(0.1, 0.9) * width, dice.uniform(0.12, 0.3))
        pen.glow(sun, 0.35, (255, 250, 214), 0.9)
        pen.dot(sun, 0.055, (255, 250, 220))
    hue = dice.uniform(0.06, 0.11)
    if dice.random() < 0.5:
        x, rise, half = dice.uniform(0, width), dice.uniform(0.12, 0.25), dice.uniform(0.15, 0.3)
        mesa = [(x - half, 0.75), (x - 0.7 * half, 0.72 - rise), (x + 0.65 * half, 0.72 - rise), (x + half, 0.75)]
        pen.fill(mesa, hsv(hue - 0.04, 0.42, 0.78), shade=0.3, ink=False)
    for i in range(3):
        pen.fill(
            _ridge(dice, 0.7 + 0.1 * i, 0.045, width), hsv(hue, 0.38 + 0.07 * i, 0.93 - 0.05 * i), shade=0.3, ink=False
        )
    return image


def _fir(pen: Pen, foot: Point, height: float, color: Color) -> None:
    x, y = foot
    for i in range(3):
        top, half = y - height * (1 - 0.24 * i), height * (0.14 + 0.07 * i)
        corners = [(x, top), (x + half, top + 0.42 * height), (x - half, top + 0.42 * height)]
        pen.fill(corners, color, shade=0.3, ink=False)
        tip = [(x, top), (x + 0.4 * half, top + 0.17 * height), (x - 0.4 * half, top + 0.17 * height)]
        pen.fill(tip, (244, 248, 255), shade=0)


def snow(size: Size, dice: Random) -> Image.Image:
    """A winter day with firs and falling flakes."""
    sky = hsv(dice.uniform(0.55, 0.66), dice.uniform(0.12, 0.35), dice.uniform(0.7, 0.92))
    image = gradient(size, [darker(sky, 0.15), sky, mix(sky, WHITE, 0.6)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    pen.fill(_ridge(dice, 0.68, 0.06, width), mix(sky, WHITE, 0.55), shade=0.18, ink=False)
    for _ in range(dice.randint(2, 6)):
        green = hsv(dice.uniform(0.36, 0.46), 0.4, dice.uniform(0.35, 0.55))
        foot = (dice.uniform(0, width), dice.uniform(0.68, 0.78))
        _fir(pen, foot, dice.uniform(0.18, 0.36), green)
    pen.fill(_ridge(dice, 0.8, 0.03, width), (240, 245, 252), shade=0.16, ink=False)
    for _ in range(dice.randint(20, 60)):
        pen.dot((dice.uniform(0, width), dice.uniform(0, 1)), dice.uniform(0.003, 0.009), WHITE)
    return image


def meadow(size: Size, dice: Random) -> Image.Image:
    """Grass and flowers up close."""
    sky = hsv(dice.uniform(0.48, 0.58), 0.3, 0.95)
    hue = dice.uniform(0.2, 0.34)
    image = gradient(size, [sky, mix(sky, WHITE, 0.5), hsv(hue, 0.3, 0.85)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    horizon = dice.uniform(0.4, 0.62)
    for _ in range(dice.randint(3, 7)):
        bush = (dice.uniform(0, width), horizon + 0.03)
        pen.fill(ring(bush, (dice.uniform(0.08, 0.2), 0.1)), hsv(hue + 0.04, 0.35, 0.62), shade=0.25, ink=False)
    pen.fill(_ridge(dice, horizon + 0.06, 0.02, width), hsv(hue, 0.5, 0.74), shade=0.3, ink=False)
    for _ in range(dice.randint(30, 60)):
        x, y = dice.uniform(0, width), horizon + 0.1 + (0.95 - horizon) * dice.random()
        blade = [(x, y), (x + dice.uniform(-0.02, 0.02), y - dice.uniform(0.03, 0.07))]
        pen.stroke(blade, 0.006, hsv(hue + dice.uniform(-0.03, 0.03), 0.6, dice.uniform(0.45, 0.8)))
    petal = hsv(dice.random(), dice.uniform(0.2, 0.7), 0.98)
    for _ in range(dice.randint(6, 18)):
        x, y = dice.uniform(0, width), horizon + 0.12 + (0.9 - horizon) * dice.random()
        radius = 0.006 + 0.018 * (y - horizon)
        for turn in range(5):
            angle = math.radians(72 * turn)
            pen.dot((x + 1.1 * radius * math.cos(angle), y + 1.1 * radius * math.sin(angle)), radius * 0.8, petal)
        pen.dot((x, y), radius * 0.7, (250, 214, 90))
    return image


def room(size: Size, dice: Random) -> Image.Image:
    """A table in front of wallpaper."""
    wall = hsv(dice.random(), dice.uniform(0.08, 0.35), dice.uniform(0.7, 0.93))
    image = gradient(size, [darker(wall, 0.12), wall, lighter(wall, 0.2)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    pattern, tint = dice.choice(["stripes", "dots", "plain", "tiles"]), darker(wall, 0.13)
    pitch = dice.uniform(0.09, 0.16)
    for i in range(math.ceil(width / pitch) + 1):
        x = i * pitch
        if pattern == "stripes":
            pen.fill([(x, 0), (x + pitch / 2, 0), (x + pitch / 2, 1), (x, 1)], tint, shade=0, opacity=0.7, ink=False)
        for j in range(math.ceil(1 / pitch)):
            if pattern == "dots":
                pen.dot((x + pitch / 2 * (j % 2), j * pitch), 0.17 * pitch, tint)
            if pattern == "tiles":
                corners = [(x, j * pitch), (x + pitch, j * pitch), (x + pitch, (j + 1) * pitch)]
                pen.stroke(corners, 0.008, lighter(wall, 0.5))
    edge = dice.uniform(0.68, 0.82)
    wood = hsv(dice.uniform(0.04, 0.1), dice.uniform(0.3, 0.6), dice.uniform(0.45, 0.85))
    pen.fill([(-0.1, edge), (width + 0.1, edge), (width + 0.1, 1.1), (-0.1, 1.1)], wood, shade=0.35, ink=False)
    pen.stroke([(-0.1, edge), (width + 0.1, edge)], 0.014, lighter(wood, 0.4))
    for _ in range(dice.randint(3, 7)):
        x, y = dice.uniform(-0.2, width), dice.uniform(edge + 0.03, 1)
        pen.stroke([(x, y), (x + dice.uniform(0.2, 0.6), y)], 0.005, darker(wood, 0.25), opacity=0.6)
    return image


def underwater(size: Size, dice: Random) -> Image.Image:
    """Below the surface, with light from above, weed and bubbles."""
    hue = dice.uniform(0.47, 0.59)
    image = gradient(size, [hsv(hue - 0.02, 0.4, 0.92), hsv(hue, 0.62, 0.7), hsv(hue + 0.04, 0.8, 0.36)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    for _ in range(dice.randint(2, 5)):
        x, half = dice.uniform(-0.1, width), dice.uniform(0.03, 0.09)
        beam = [(x, -0.05), (x + half, -0.05), (x + 4 * half + 0.1, 1.05), (x + half, 1.05)]
        pen.fill(beam, WHITE, shade=0, opacity=0.1, ink=False)
    pen.fill(_ridge(dice, 0.9, 0.03, width), hsv(0.11, 0.35, 0.62), shade=0.4, ink=False)
    for _ in range(dice.randint(3, 8)):
        x, height, sway = dice.uniform(0, width), dice.uniform(0.15, 0.45), dice.uniform(-0.04, 0.04)
        stem = [(x + sway * math.sin(4.5 * t / 8), 1 - height * t / 8) for t in range(9)]
        pen.stroke(smooth(stem, closed=False, steps=3), 0.022, hsv(dice.uniform(0.28, 0.42), 0.6, 0.45))
    for _ in range(dice.randint(4, 12)):
        x, y, radius = dice.uniform(0, width), dice.uniform(0.05, 0.9), dice.uniform(0.008, 0.025)
        pen.fill(ring((x, y), (radius, radius)), WHITE, shade=0, opacity=0.35, ink=False)
        pen.dot((x - 0.3 * radius, y - 0.3 * radius), 0.3 * radius, WHITE)
    return image


def studio(size: Size, dice: Random) -> Image.Image:
    """Coloured paper with a soft spotlight."""
    paper = hsv(dice.random(), dice.uniform(0.15, 0.6), dice.uniform(0.65, 0.97))
    image = gradient(size, [lighter(paper, 0.15), paper, darker(paper, 0.14)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    pen.glow((dice.uniform(0.3, 0.7) * width, 0.45), 0.8, lighter(paper, 0.75), 0.8)
    if dice.random() < 0.4:
        accent = mix(paper, hsv(dice.random(), 0.5, 0.9), 0.4)
        for _ in range(dice.randint(2, 9)):
            radius = dice.uniform(0.03, 0.14)
            spot = ring((dice.uniform(0, width), dice.uniform(0, 1)), (radius, radius))
            pen.fill(spot, accent, shade=0, opacity=0.45, ink=False)
    return image


def city(size: Size, dice: Random) -> Image.Image:
    """A street with houses in the haze."""
    sky = hsv(dice.uniform(0.55, 0.63), dice.uniform(0.15, 0.4), dice.uniform(0.8, 0.95))
    image = gradient(size, [sky, mix(sky, WHITE, 0.4), mix(sky, (255, 232, 214), 0.8)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    hue = dice.random()
    for layer in range(2):
        x = -0.1
        while x < width:
            breadth, top = dice.uniform(0.12, 0.26), dice.uniform(0.2, 0.5) + 0.16 * layer
            wall = mix(hsv(hue + dice.uniform(-0.1, 0.1), 0.3, 0.72), sky, 0.55 - 0.4 * layer)
            corners = [(x, top), (x + breadth, top), (x + breadth, 0.95), (x, 0.95)]
            pen.fill(corners, wall, shade=0.2, ink=False)
            window = (255, 231, 160) if dice.random() < 0.3 else lighter(wall, 0.35)
            for row in range(int((0.9 - top) / 0.08)):
                for column in range(max(1, int(breadth / 0.06))):
                    left, upper = x + 0.02 + 0.06 * column, top + 0.03 + 0.08 * row
                    if left + 0.03 < x + breadth:
                        pane = [
                            (left, upper),
                            (left + 0.028, upper),
                            (left + 0.028, upper + 0.04),
                            (left, upper + 0.04),
                        ]
                        pen.fill(pane, window, shade=0, opacity=0.8, ink=False)
            x += breadth + dice.choice([0, 0, 0.03])
    street = hsv(0.65, 0.08, dice.uniform(0.4, 0.6))
    pen.fill([(-0.1, 0.86), (width + 0.1, 0.86), (width + 0.1, 1.1), (-0.1, 1.1)], street, shade=0.2, ink=False)
    for i in range(5):
        pen.stroke([(width * i / 4 - 0.06, 0.94), (width * i / 4 + 0.06, 0.94)], 0.015, (240, 236, 220), opacity=0.8)
    return image


def forest(size: Size, dice: Random) -> Image.Image:
    """Trunks in green light and mossy ground."""
    hue = dice.uniform(0.22, 0.4)
    image = gradient(size, [hsv(hue, 0.42, 0.5), hsv(hue - 0.03, 0.3, 0.82), hsv(hue, 0.45, 0.5)])
    pen, width = _canvas_pen(image), size[0] / size[1]
    for depth in range(3):
        for _ in range(dice.randint(2, 4)):
            x, half = dice.uniform(0, width), 0.018 + 0.016 * depth
            bark = mix(hsv(dice.uniform(0.05, 0.11), 0.4, 0.42), hsv(hue, 0.25, 0.8), 0.6 - 0.28 * depth)
            trunk = [(x - half, -0.05), (x + half, -0.05), (x + 1.3 * half, 0.9), (x - 1.4 * half, 0.9)]
            pen.fill(trunk, bark, shade=0.35, ink=False)
    for i in range(2):
        ground = hsv(hue - 0.02 * i, 0.52, 0.46 - 0.09 * i)
        pen.fill(_ridge(dice, 0.8 + 0.09 * i, 0.025, width), ground, shade=0.3, ink=False)
    for _ in range(dice.randint(4, 12)):
        x, y = dice.uniform(0, width), dice.uniform(0.84, 1)
        pen.fill(
            ring((x, y), (0.03, 0.011), turn=dice.uniform(-30, 30)), hsv(dice.uniform(0.03, 0.12), 0.6, 0.62), ink=False
        )
    return image


BACKGROUNDS: dict[str, Callable[[Size, Random], Image.Image]] = {
    "day": day,
    "sunset": sunset,
    "night": night,
    "sea": sea,
    "desert": desert,
    "snow": snow,
    "meadow": meadow,
    "room": room,
    "underwater": underwater,
    "studio": studio,
    "city": city,
    "forest": forest,
}
