"""The objects of the sample classes, each drawn around (0, 0) within about one unit, upright."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from pen import BLACK, INK, WHITE, Color, Pen, Point, darker, hsv, lighter, mix, ring, smooth

_PAINTS: tuple[Color, ...] = (
    (222, 68, 62),  # red
    (238, 118, 58),  # orange
    (246, 186, 64),  # yellow
    (104, 168, 92),  # green
    (44, 150, 140),  # teal
    (92, 186, 200),  # aqua
    (62, 136, 206),  # blue
    (66, 88, 164),  # indigo
    (138, 98, 180),  # violet
    (226, 104, 148),  # pink
    (152, 62, 78),  # wine
)


def _bright(dice: Random) -> Color:
    """A strong colour as toys and sails have."""
    red, green, blue = (min(255, max(0, channel + dice.randint(-14, 14))) for channel in dice.choice(_PAINTS))
    return red, green, blue


def _cream(dice: Random) -> Color:
    return hsv(dice.uniform(0.08, 0.16), dice.uniform(0.03, 0.16), dice.uniform(0.92, 1.0))


def sailboat(pen: Pen, dice: Random) -> None:
    """A hull with one or two sails, seen from the side."""
    hull, sail = _bright(dice), _cream(dice) if dice.random() < 0.65 else _bright(dice)
    wood = hsv(0.08, 0.45, 0.5)
    mast = dice.uniform(-0.12, 0.05)
    pen.stroke([(mast, 0.52), (mast, -0.98)], 0.045, wood)
    billow = dice.uniform(0.1, 0.24)
    main = smooth([(mast + 0.05, -0.9), (mast + 0.05 + 2.2 * billow, -0.2), (0.8, 0.36)], closed=False, steps=10)
    with pen.inside([*main, (mast + 0.05, 0.36)]) as cloth:
        cloth.fill([(-1, -1), (1, -1), (1, 1), (-1, 1)], sail, shade=0.3)
        if dice.random() < 0.5:
            for i in range(dice.randint(1, 3)):
                y = -0.35 + 0.26 * i
                cloth.fill([(-1, y), (1, y + 0.05), (1, y + 0.15), (-1, y + 0.1)], hull, shade=0.2)
        for i in range(3):
            cloth.stroke([(mast, -0.5 + 0.28 * i), (0.9, -0.42 + 0.28 * i)], 0.012, darker(sail, 0.25), opacity=0.6)
    if dice.random() < 0.75:
        jib = smooth([(mast - 0.05, -0.72), (mast - 0.3, -0.1), (-0.72, 0.36)], closed=False, steps=10)
        pen.fill([*jib, (mast - 0.08, 0.32)], mix(sail, hull, dice.choice([0.0, 0.0, 0.8])), shade=0.3)
    pen.fill([(mast, -0.99), (mast + 0.24, -0.92), (mast, -0.85)], _bright(dice), shade=0.1, ink=False)
    body = [(-0.88, 0.46), (0.86, 0.46), *smooth([(0.9, 0.46), (0.66, 0.74), (0.3, 0.84), (-0.46, 0.84)], closed=False)]
    body.extend(smooth([(-0.46, 0.84), (-0.76, 0.68), (-0.88, 0.46)], closed=False))
    with pen.inside(body) as planks:
        planks.fill([(-1, 0.4), (1, 0.4), (1, 0.9), (-1, 0.9)], hull, shade=0.4)
        planks.fill([(-1, 0.44), (1, 0.44), (1, 0.53), (-1, 0.53)], WHITE, shade=0.2)
    pen.fill(ring((0, 0.87), (1.0, 0.045)), WHITE, shade=0, opacity=0.4, ink=False)


def lighthouse(pen: Pen, dice: Random) -> None:
    """A striped tower with a lamp on a rock."""
    paint, base = _bright(dice), _cream(dice)
    if dice.random() < 0.55:
        paint = hsv(dice.uniform(-0.02, 0.02), 0.75, 0.8)
    if dice.random() < 0.45:
        side = dice.choice([-1, 1])
        beam = [(0, -0.72), (side * 1.6, -1.02), (side * 1.6, -0.5)]
        pen.fill(beam, (255, 244, 190), shade=0, opacity=0.4, ink=False)
    rock = smooth([(-0.75, 0.98), (-0.5, 0.78), (-0.1, 0.7), (0.35, 0.74), (0.62, 0.84), (0.8, 0.98)], closed=False)
    pen.fill(rock, hsv(dice.uniform(0, 0.7), 0.12, 0.45), shade=0.5)
    tower = [(-0.2, -0.5), (0.2, -0.5), (0.34, 0.8), (-0.34, 0.8)]
    stripes, twisted = dice.randint(2, 4), dice.choice([0.0, 0.0, 0.16])
    with pen.inside(tower) as wall:
        wall.fill(tower, base, shade=0.1)
        for i in range(stripes):
            y = -0.4 + 1.25 * i / stripes
            thickness = 0.62 / stripes
            corners = [(-0.5, y + twisted), (0.5, y - twisted), (0.5, y + thickness - twisted)]
            wall.fill([*corners, (-0.5, y + thickness + twisted)], paint, shade=0.1)
        side = 1 if (pen.light == "left") != pen.flip else -1
        dark = [(0.05, -0.6), (0.4, -0.6), (0.4, 0.9), (0.12, 0.9)]
        wall.fill([(side * x, y) for x, y in dark], (30, 24, 60), shade=0, opacity=0.22)
        for y in (-0.2, 0.2):
            wall.fill([(-0.045, y), (0.045, y), (0.045, y + 0.13), (-0.045, y + 0.13)], INK, shade=0)
        wall.fill([*ring((0, 0.66), (0.09, 0.1), start=180, end=360), (0.09, 0.82), (-0.09, 0.82)], INK, shade=0)
    metal = darker(paint, 0.45)
    pen.fill([(-0.3, -0.56), (0.3, -0.56), (0.26, -0.47), (-0.26, -0.47)], metal)
    pen.fill([(-0.15, -0.84), (0.15, -0.84), (0.15, -0.56), (-0.15, -0.56)], (255, 240, 170), shade=0.12)
    pen.glow((0, -0.7), 0.34, (255, 250, 214), 0.75)
    for x in (-0.15, 0.0, 0.15):
        pen.stroke([(x, -0.84), (x, -0.56)], 0.025, metal)
    pen.fill([*ring((0, -0.83), (0.21, 0.19), start=180, end=360)], paint)
    pen.stroke([(0, -1.0), (0, -1.1)], 0.03, metal)


def cactus(pen: Pen, dice: Random) -> None:
    """A branching saguaro or a round cactus in a pot."""
    green = hsv(dice.uniform(0.27, 0.43), dice.uniform(0.4, 0.7), dice.uniform(0.45, 0.72))
    if dice.random() < 0.6:
        _saguaro(pen, dice, green)
    else:
        _pot_cactus(pen, dice, green)


def _saguaro(pen: Pen, dice: Random, green: Color) -> None:
    def limb(points: list[Point], width: float) -> None:
        curve = smooth(points, closed=False, steps=8)
        if pen.ink:
            pen.stroke(curve, width + 0.06, darker(green, 0.7))
        pen.stroke(curve, width, darker(green, 0.28))
        lit = -0.1 if (pen.light == "left") != pen.flip else 0.1
        pen.stroke([(x + lit * width, y) for x, y in curve], 0.74 * width, green)
        pen.stroke([(x + 2.2 * lit * width, y) for x, y in curve], 0.3 * width, lighter(green, 0.25))
        pen.stroke(curve, 0.015, darker(green, 0.4), opacity=0.6)

    for side in (-1, 1):
        if side == 1 or dice.random() < 0.85:
            low, reach, top = dice.uniform(-0.05, 0.4), dice.uniform(0.5, 0.68), dice.uniform(-0.6, -0.15)
            limb([(0, low), (side * reach * 0.7, low - 0.02), (side * reach, low - 0.2), (side * reach, top)], 0.25)
    limb([(0, 0.98), (0, 0.4), (0, -0.3), (0, -0.82)], dice.uniform(0.34, 0.44))
    spine = lighter(green, 0.7)
    for _ in range(26):
        x, y = dice.uniform(-0.14, 0.14), dice.uniform(-0.8, 0.9)
        pen.stroke([(x, y), (x + 0.03, y - 0.04)], 0.012, spine)
    if dice.random() < 0.45:
        _blossom(pen, (0.0, -1.0), 0.13, hsv(dice.uniform(0.85, 1.0), 0.5, 0.98))


def _pot_cactus(pen: Pen, dice: Random, green: Color) -> None:
    body = smooth([(0, -0.75), (0.42, -0.5), (0.5, 0.0), (0.34, 0.42), (-0.34, 0.42), (-0.5, 0.0), (-0.42, -0.5)])
    with pen.inside(body) as skin:
        skin.fill(body, green, shade=0.5)
        for i in range(-3, 4):
            x = 0.17 * i
            rib = smooth([(0.3 * x, -0.76), (1.12 * x, -0.2), (0.8 * x, 0.45)], closed=False, steps=6)
            skin.stroke(rib, 0.03, darker(green, 0.35), opacity=0.7)
            for j in range(1, len(rib), 2):
                px, py = rib[j]
                skin.stroke([(px - 0.03, py - 0.02), (px + 0.03, py + 0.02)], 0.012, lighter(green, 0.75))
                skin.stroke([(px - 0.03, py + 0.02), (px + 0.03, py - 0.02)], 0.012, lighter(green, 0.75))
    if dice.random() < 0.6:
        _blossom(pen, (dice.uniform(-0.1, 0.1), -0.76), 0.17, hsv(dice.uniform(0.85, 1.0), 0.55, 0.98))
    clay = hsv(dice.uniform(0.02, 0.07), 0.6, 0.75) if dice.random() < 0.6 else _bright(dice)
    pen.fill([(-0.4, 0.5), (0.4, 0.5), (0.29, 0.98), (-0.29, 0.98)], clay, shade=0.45)
    pen.fill([(-0.46, 0.36), (0.46, 0.36), (0.45, 0.54), (-0.45, 0.54)], lighter(clay, 0.12), shade=0.4)


def _blossom(pen: Pen, center: Point, radius: float, color: Color) -> None:
    for i in range(7):
        angle = 360 * i / 7
        x = center[0] + 0.7 * radius * math.cos(math.radians(angle))
        y = center[1] + 0.7 * radius * math.sin(math.radians(angle))
        pen.ellipse((x, y), (0.5 * radius, 0.27 * radius), color, turn=angle, shade=0.12)
    pen.dot(center, 0.3 * radius, (255, 216, 98))


def mushroom(pen: Pen, dice: Random) -> None:
    """One or two toadstools or brown caps."""
    cap = (
        hsv(dice.uniform(-0.03, 0.03), 0.78, 0.82) if dice.random() < 0.5 else hsv(dice.uniform(0.04, 0.11), 0.55, 0.68)
    )
    if dice.random() < 0.15:
        cap = hsv(dice.random(), 0.5, 0.8)
    if dice.random() < 0.4:
        _one_mushroom(pen.at(dice.choice([-0.6, 0.6]), 0.55, scale=0.48, angle=dice.uniform(-12, 12)), dice, cap)
    _one_mushroom(pen, dice, cap)


def _one_mushroom(pen: Pen, dice: Random, cap: Color) -> None:
    stem = _cream(dice)
    thick, lean = dice.uniform(0.14, 0.25), dice.uniform(-0.12, 0.12)
    left = smooth([(-thick + lean, -0.1), (-0.9 * thick, 0.5), (-1.5 * thick, 0.98)], closed=False)
    right = smooth([(1.5 * thick, 0.98), (0.9 * thick, 0.5), (thick + lean, -0.1)], closed=False)
    pen.fill([*left, *right], stem, shade=0.42)
    half, height = dice.uniform(0.62, 0.92), dice.uniform(0.55, 0.85)
    rim = dice.uniform(0.0, 0.14)
    pen.fill(ring((lean, rim), (0.93 * half, 0.17)), mix(stem, hsv(0.06, 0.3, 0.75), 0.6), shade=0.3)
    for i in range(-4, 5):
        pen.stroke([(lean + 0.5 * thick * i / 4, rim), (lean + 0.2 * half * i, rim + 0.12)], 0.014, darker(stem, 0.35))
    dome = [*ring((lean, rim), (half, height), start=180, end=360), *ring((lean, rim), (half, 0.13), start=0, end=180)]
    if dice.random() < 0.35:
        shoulder = rim - 0.4 * height
        right = [(lean, rim - 1.1 * height), (lean + 0.4 * half, shoulder), (lean + half, rim + 0.04)]
        dome = smooth([(lean - half, rim + 0.04), (lean - 0.4 * half, shoulder), *right, (lean, rim + 0.1)])
    pen.fill(ring((lean, 0.17 + rim), (1.1 * thick, 0.07)), darker(stem, 0.3), shade=0, opacity=0.5, ink=False)
    with pen.inside(dome) as top:
        top.fill(dome, cap, shade=0.45)
        if dice.random() < 0.75:
            for x, y, radius in [(-0.55, -0.2, 0.1), (-0.2, -0.6, 0.13), (0.1, -0.22, 0.14), (0.5, -0.5, 0.11),
                                 (0.72, -0.12, 0.08), (-0.82, -0.02, 0.07), (0.12, -0.86, 0.09)]:  # fmt: skip
                spot = (lean + half * x, rim + height * y + 0.02)
                top.ellipse(spot, (radius, 0.85 * radius), mix(stem, WHITE, 0.5), shade=0.15)
        top.shine(ring((lean - 0.4 * half, rim - 0.62 * height), (0.2 * half, 0.09), turn=-30), 0.3)


def umbrella(pen: Pen, dice: Random) -> None:
    """An open umbrella with panels of two colours and a hooked handle."""
    first = _bright(dice)
    second = dice.choice([WHITE, lighter(first, 0.45), darker(first, 0.3), _bright(dice)])
    wood = dice.choice([hsv(0.07, 0.55, 0.45), (60, 58, 70), hsv(0.1, 0.3, 0.75)])
    pen.stroke([(0, -0.85), (0, 0.78)], 0.045, wood)
    pen.stroke(ring((-0.13, 0.78), (0.13, 0.17), start=0, end=175), 0.065, wood)
    panels, top, width = dice.choice([5, 6, 7, 8]), dice.uniform(-0.85, -0.7), dice.uniform(0.86, 0.98)
    edge = [-width * math.cos(math.pi * i / panels) for i in range(panels + 1)]
    rim = dice.uniform(0.02, 0.12)
    outline = ring((0, rim), (width, rim - top), start=180, end=360)
    for i in reversed(range(panels)):
        middle, half = (edge[i] + edge[i + 1]) / 2, (edge[i + 1] - edge[i]) / 2
        outline.extend(ring((middle, rim), (half, 0.55 * half + 0.02), start=0, end=-180)[1:])
    with pen.inside(outline) as cloth:
        cloth.fill(outline, first, shade=0.45)
        for i in range(panels):
            bend = 0.62
            left = smooth([(0, top), (bend * edge[i] * 1.15, (top + rim) / 2 - 0.06), (edge[i], rim)], closed=False)
            right = smooth([(edge[i + 1], rim), (bend * edge[i + 1] * 1.15, (top + rim) / 2 - 0.06), (0, top)],
                           closed=False)  # fmt: skip
            if i % 2:
                cloth.fill([*left, *right], second, shade=0.4)
            cloth.stroke(left, 0.016, darker(first, 0.35), opacity=0.7)
        cloth.shine(ring((-0.4, -0.42), (0.24, 0.1), turn=-42), 0.28)
    pen.stroke([(0, top), (0, top - 0.14)], 0.05, wood)


def balloon(pen: Pen, dice: Random) -> None:
    """A hot-air balloon with coloured gores and a basket."""
    colors = [_bright(dice), dice.choice([_cream(dice), _bright(dice)]), _bright(dice)]
    half, bottom = dice.uniform(0.6, 0.74), dice.uniform(0.42, 0.52)
    side = [(0.0, -0.98), (0.62 * half, -0.86), (half, -0.36), (0.72 * half, 0.08), (0.17, bottom)]
    right = smooth(side, closed=False, steps=8)
    outline = [*right, *[(-x, y) for x, y in reversed(right)]]
    for x in (-0.14, 0.14):
        pen.stroke([(x, bottom), (0.75 * x, 0.8)], 0.016, (70, 56, 50))
    gores = dice.choice([5, 7, 9])
    pattern = dice.choice(["gores", "gores", "bands", "zigzag"])
    with pen.inside(outline) as cloth:
        cloth.fill(outline, colors[0], shade=0)
        if pattern in {"gores", "zigzag"}:
            for i in range(gores):
                low, high = (math.sin(math.pi * (edge / gores - 0.5)) for edge in (i, i + 1))
                strip = [(low * x, y) for x, y in right] + [(high * x, y) for x, y in reversed(right)]
                cloth.fill(strip, colors[i % (3 if gores == 9 else 2)], shade=0.06)
        if pattern == "bands":
            for i in range(4):
                y = -0.8 + 0.34 * i
                band = [*ring((0, y), (1, 0.08), start=180, end=0), *ring((0, y + 0.18), (1, 0.08), start=0, end=180)]
                cloth.fill(band, colors[1 + i % 2], shade=0)
        if pattern == "zigzag":
            teeth = [(-0.8 + 0.16 * i, -0.38 + 0.16 * (i % 2)) for i in range(11)]
            cloth.fill([*teeth, *[(x, y + 0.17) for x, y in reversed(teeth)]], colors[2], shade=0)
        shadow_side = 1 if (pen.light == "left") != pen.flip else -1
        dark = [(shadow_side * x, y) for x, y in right]
        cloth.fill([*dark, *[(shadow_side * 0.45 * x + 0.05 * shadow_side, y) for x, y in reversed(right)]],
                   (26, 20, 60), shade=0, opacity=0.2)  # fmt: skip
        cloth.shine(ring((-shadow_side * 0.3, -0.58), (0.13, 0.24), turn=shadow_side * 24), 0.32)
    pen.fill([(-0.17, bottom - 0.02), (0.17, bottom - 0.02), (0.13, bottom + 0.05), (-0.13, bottom + 0.05)],
             darker(colors[0], 0.35), shade=0.1)  # fmt: skip
    basket = hsv(0.08, 0.55, dice.uniform(0.45, 0.65))
    pen.fill([(-0.13, 0.76), (0.13, 0.76), (0.1, 0.98), (-0.1, 0.98)], basket, shade=0.4)
    pen.stroke([(-0.14, 0.77), (0.14, 0.77)], 0.035, lighter(basket, 0.3))


def teapot(pen: Pen, dice: Random) -> None:
    """A round pot with spout, handle and lid, plain or patterned."""
    glaze = dice.choice([_bright(dice), _bright(dice), _cream(dice), hsv(0.6, 0.5, 0.5)])
    trim = dice.choice([WHITE, darker(glaze, 0.4), (240, 196, 92), _bright(dice)])
    width, height = dice.uniform(0.5, 0.62), dice.uniform(0.42, 0.56)
    pen.stroke(smooth([(-width + 0.08, -0.2), (-0.86, -0.28), (-0.94, 0.08), (-0.76, 0.36), (-width + 0.12, 0.42)],
                      closed=False), 0.11, darker(glaze, 0.25))  # fmt: skip
    spout = smooth([(width - 0.16, 0.4), (0.7, 0.24), (0.84, -0.22), (0.98, -0.3)], closed=False)
    spout_top = smooth([(0.84, -0.4), (0.72, -0.28), (0.62, -0.02), (width - 0.16, 0.02)], closed=False)
    pen.fill([*spout, *spout_top], glaze, shade=0.3)
    pen.fill([(-0.32, 0.62), (0.32, 0.62), (0.36, 0.74), (-0.36, 0.74)], darker(glaze, 0.25))
    body = ring((0, 0.18), (width, height))
    with pen.inside(body) as belly:
        belly.fill(body, glaze, shade=0.5)
        pattern = dice.choice(["plain", "dots", "band", "flower", "stripes"])
        if pattern == "dots":
            for x, y in [(-0.3, 0.0), (0, 0.1), (0.3, 0.0), (-0.15, 0.32), (0.15, 0.32), (-0.42, 0.3), (0.42, 0.3)]:
                belly.ellipse((x, y), (0.07, 0.07), trim, shade=0.1)
        if pattern == "band":
            upper = ring((0, 0.1), (0.8, 0.08), start=180, end=0)
            belly.fill([*upper, *ring((0, 0.26), (0.8, 0.08), start=0, end=180)], trim, shade=0.2)
        if pattern == "flower":
            _blossom(belly, (0, 0.2), 0.24, trim)
        if pattern == "stripes":
            for i in range(-3, 4):
                belly.stroke(smooth([(0.1 * i, -0.4), (0.2 * i, 0.18), (0.1 * i, 0.75)], closed=False), 0.045, trim)
        belly.shine(ring((-0.45 * width, -0.06), (0.09, 0.17), turn=32), 0.5)
    lid = [*ring((0, 0.18 - 0.9 * height), (0.34, 0.17), start=180, end=360)]
    pen.fill(lid, lighter(glaze, 0.1), shade=0.4)
    pen.stroke([(-0.36, 0.18 - 0.9 * height), (0.36, 0.18 - 0.9 * height)], 0.05, trim)
    pen.ellipse((0, -0.04 - 0.9 * height), (0.085, 0.085), trim)
    if dice.random() < 0.35:
        for x in (0.98, 1.06):
            steam = [(x + 0.05 * math.sin(1.2 * i), -0.5 - 0.09 * i) for i in range(6)]
            pen.stroke(smooth(steam, closed=False), 0.035, WHITE, opacity=0.45)


def sunflower(pen: Pen, dice: Random) -> None:
    """A flower head with two rows of petals, usually on a stem with leaves."""
    petal = hsv(dice.uniform(0.1, 0.155), dice.uniform(0.75, 0.95), dice.uniform(0.92, 1.0))
    if dice.random() < 0.12:
        petal = hsv(dice.uniform(0.02, 0.06), 0.75, 0.85)
    green, seed = hsv(dice.uniform(0.26, 0.36), 0.6, 0.55), hsv(dice.uniform(0.04, 0.09), 0.65, dice.uniform(0.22, 0.4))
    stemmed = dice.random() < 0.75
    head = (0.0, -0.32 if stemmed else 0.0)
    size = dice.uniform(0.58, 0.68) if stemmed else 0.95
    if stemmed:
        pen.stroke(smooth([(head[0], head[1]), (0.06, 0.4), (0.0, 1.0)], closed=False), 0.085, green)
        for side, y in ((-1, 0.55), (1, 0.72)):
            leaf = [(0.03, y + 0.1), (side * 0.24, y - 0.12), (side * 0.58, y - 0.2), (side * 0.38, y + 0.06)]
            pen.fill(smooth(leaf), green, shade=0.35)
            pen.stroke([(0.03, y + 0.08), (side * 0.46, y - 0.12)], 0.015, lighter(green, 0.4))
    count, squash = dice.randint(13, 19), dice.uniform(0.82, 1.0)
    for row, color in ((0, darker(petal, 0.14)), (1, petal)):
        for i in range(count):
            angle = 360 * (i + 0.5 * row) / count + dice.uniform(-4, 4)
            length = size * (1.0 - 0.12 * row) * dice.uniform(0.93, 1.05)
            flower = pen.at(head[0], head[1], angle=angle)
            tip = [(0.25 * size, -0.1 * size), (0.7 * length, -0.125 * size), (length, 0), (0.7 * length, 0.125 * size),
                   (0.25 * size, 0.1 * size)]  # fmt: skip
            flower.fill(smooth(tip, steps=4), color, shade=0.22)
    core = size * dice.uniform(0.38, 0.46)
    pen.ellipse(head, (core, squash * core), seed, shade=0.4)
    for i in range(70):
        radius, angle = 0.94 * core * math.sqrt(i / 70), 2.39996 * i
        spot = (head[0] + radius * math.cos(angle), head[1] + squash * radius * math.sin(angle))
        pen.dot(spot, 0.028 * size, mix(lighter(seed, 0.3), petal, 0.5 if i < 18 else 0.12))


def fish(pen: Pen, dice: Random) -> None:
    """A fish from the side, striped, spotted or scaled."""
    skin = _bright(dice)
    marks = dice.choice([WHITE, darker(skin, 0.45), _bright(dice)])
    fin = dice.choice([darker(skin, 0.2), marks, lighter(skin, 0.3)])
    height = dice.uniform(0.34, 0.6)
    tail = [(0.5, 0.0), (0.78, -0.34), (0.98, -0.46), (0.86, 0.0), (0.98, 0.46), (0.78, 0.34)]
    pen.fill(smooth(tail, steps=5), fin, shade=0.35)
    dorsal = smooth([(-0.34, -0.75 * height), (0.0, -1.55 * height), (0.4, -1.1 * height), (0.46, -0.3)], closed=False)
    pen.fill([*dorsal, (0, 0)], fin, shade=0.35)
    pen.fill(smooth([(0.0, 0.6 * height), (0.3, 1.35 * height), (0.36, 0.5 * height)]), fin, shade=0.35)
    body = smooth([(-0.86, 0.02), (-0.56, -0.66 * height), (-0.08, -height), (0.38, -0.55 * height), (0.66, -0.1),
                   (0.66, 0.1), (0.38, 0.55 * height), (-0.08, height), (-0.56, 0.66 * height)])  # fmt: skip
    with pen.inside(body) as flank:
        flank.fill(body, skin, shade=0.25)
        flank.fill(ring((-0.1, height), (0.9, 0.6 * height)), lighter(skin, 0.6), shade=0, opacity=0.6)
        pattern = dice.choice(["stripes", "stripes", "spots", "scales", "plain"])
        if pattern == "stripes":
            for x in (-0.34, 0.02, 0.36):
                bar = ring((x + 0.3, 0), (0.34, 1.2 * height), start=120, end=240)
                flank.stroke(bar, dice.uniform(0.09, 0.15), marks)
        if pattern == "spots":
            for _ in range(9):
                flank.dot((dice.uniform(-0.3, 0.55), dice.uniform(-0.8, 0.5) * height), dice.uniform(0.04, 0.08), marks)
        if pattern == "scales":
            for i in range(6):
                for j in range(-3, 4):
                    arc = ring((-0.26 + 0.15 * i, 0.15 * j + 0.07 * (i % 2)), (0.09, 0.09), start=-70, end=70)
                    flank.stroke(arc, 0.018, marks, opacity=0.7)
        flank.stroke(ring((-0.72, 0), (0.3, 1.1 * height), start=-55, end=55), 0.03, darker(skin, 0.4))
    pen.fill(smooth([(-0.16, 0.08), (0.14, 0.06), (0.2, 0.3), (-0.04, 0.26)]), fin, shade=0.3)
    eye = (-0.58, -0.2 * height)
    pen.ellipse(eye, (0.11, 0.11), WHITE, shade=0.1)
    pen.dot((eye[0] - 0.02, eye[1]), 0.062, INK)
    pen.dot((eye[0] - 0.045, eye[1] - 0.03), 0.022, WHITE)
    pen.stroke(ring((-0.8, 0.1), (0.12, 0.08), start=30, end=110), 0.025, darker(skin, 0.6))


def rocket(pen: Pen, dice: Random) -> None:
    """A toy rocket with fins, a round window and a flame."""
    hull = _cream(dice) if dice.random() < 0.65 else _bright(dice)
    paint = _bright(dice)
    if dice.random() < 0.8:
        for color, length, half in (((255, 132, 46), 0.62, 0.2), ((255, 208, 84), 0.45, 0.13), (WHITE, 0.24, 0.07)):
            reach = 0.58 + length * dice.uniform(0.75, 1.05)
            pen.fill(smooth([(-half, 0.56), (-0.6 * half, 0.7), (0, reach), (0.6 * half, 0.7), (half, 0.56)]), color,
                     shade=0, ink=False)  # fmt: skip
        pen.glow((0, 0.7), 0.5, (255, 200, 110), 0.5)
    for side in (-1, 1):
        fin = smooth([(side * 0.24, 0.08), (side * 0.5, 0.4), (side * 0.52, 0.76)], closed=False)
        pen.fill([*fin, (side * 0.2, 0.52)], paint, shade=0.35)
    half = dice.uniform(0.26, 0.34)
    right = smooth([(0, -1.0), (0.66 * half, -0.62), (half, -0.1), (0.78 * half, 0.56)], closed=False)
    outline = [*right, *[(-x, y) for x, y in reversed(right)]]
    stripes = dice.random() < 0.4
    with pen.inside(outline) as metal:
        metal.fill(outline, hull, shade=0.35)
        metal.fill([(-1, -1.1), (1, -1.1), (1, -0.52), (-1, -0.52)], paint, shade=0.2)
        if stripes:
            for y in (0.12, 0.36):
                metal.fill([(-1, y), (1, y), (1, y + 0.1), (-1, y + 0.1)], paint, shade=0.2)
        side = 1 if (pen.light == "left") != pen.flip else -1
        metal.fill([(side * x, y) for x, y in [*right, (0.1, 0.6), (0.12, -0.9)]], (28, 24, 62), shade=0, opacity=0.2)
    pen.fill([(-0.16, 0.54), (0.16, 0.54), (0.21, 0.64), (-0.21, 0.64)], (92, 92, 108))
    pen.ellipse((0, -0.2), (0.165, 0.165), (120, 124, 140))
    pen.ellipse((0, -0.2), (0.115, 0.115), hsv(dice.uniform(0.5, 0.58), 0.5, 0.95), shade=0.4)
    pen.shine(ring((-0.035, -0.24), (0.045, 0.03), turn=-40), 0.8)
    pen.fill([(-0.035, 0.12), (0.035, 0.12), (0.04, 0.74), (-0.04, 0.74)], darker(paint, 0.2))


def snail(pen: Pen, dice: Random) -> None:
    """A snail from the side with a spiral shell."""
    flesh = hsv(dice.uniform(0.05, 0.16), dice.uniform(0.2, 0.5), dice.uniform(0.62, 0.88))
    shell = hsv(dice.uniform(0.02, 0.1), 0.6, 0.68) if dice.random() < 0.55 else _bright(dice)
    for x, tip in ((-0.7, (-0.82, -0.4)), (-0.58, (-0.54, -0.46))):
        pen.stroke(smooth([(x, 0.12), ((x + tip[0]) / 2, -0.12), tip], closed=False), 0.045, darker(flesh, 0.12))
        pen.dot(tip, 0.055, darker(flesh, 0.2))
        pen.dot(tip, 0.03, INK)
    body = smooth([(-0.86, 0.22), (-0.72, 0.02), (-0.5, 0.12), (-0.3, 0.45), (0.5, 0.5), (0.98, 0.74), (0.6, 0.8),
                   (-0.5, 0.8), (-0.76, 0.6)])  # fmt: skip
    pen.fill(body, flesh, shade=0.4)
    pen.stroke(ring((-0.74, 0.26), (0.1, 0.08), start=40, end=150), 0.022, darker(flesh, 0.5))
    center, radius = (0.16, 0.06), dice.uniform(0.54, 0.64)
    disc = ring(center, (radius, 0.95 * radius))
    turns = dice.uniform(2.2, 3.1)
    with pen.inside(disc) as coil:
        coil.fill(disc, shell, shade=0.45)
        if dice.random() < 0.5:
            for i in range(14):
                angle = math.radians(360 * i / 14)
                tip = (center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle))
                inner = (
                    center[0] + 0.62 * radius * math.cos(angle + 0.25),
                    center[1] + 0.62 * radius * math.sin(angle + 0.25),
                )
                coil.stroke([inner, tip], 0.05, lighter(shell, 0.45), opacity=0.7)
    spiral = []
    for i in range(60):
        share = i / 59
        angle = 0.6 + 2 * math.pi * turns * share
        reach = radius * 0.97 * (1 - share) ** 0.8
        spiral.append((center[0] + reach * math.cos(angle), center[1] + 0.95 * reach * math.sin(angle)))
    pen.stroke(spiral, 0.05, darker(shell, 0.5))
    pen.shine(ring((center[0] - 0.42 * radius, center[1] - 0.5 * radius), (0.13, 0.06), turn=-42), 0.4)


def traffic_light(pen: Pen, dice: Random) -> None:
    """Three lamps in a box on a pole, one of them lit."""
    case = dice.choice([(58, 62, 70), (48, 68, 62), (232, 182, 60), (66, 72, 92)])
    pen.fill([(-0.06, 0.4), (0.06, 0.4), (0.06, 3), (-0.06, 3)], (104, 106, 116), shade=0.4)
    half = dice.uniform(0.27, 0.34)
    if dice.random() < 0.4:
        edge = half + 0.09
        pen.fill([(-edge, -0.96), (edge, -0.96), (edge, 0.66), (-edge, 0.66)], (236, 236, 232), shade=0.2)
    corner = 0.1
    box = [
        *ring((half - corner, -0.88 + corner), (corner, corner), start=-90, end=0),
        *ring((half - corner, 0.58 - corner), (corner, corner), start=0, end=90),
        *ring((-half + corner, 0.58 - corner), (corner, corner), start=90, end=180),
        *ring((-half + corner, -0.88 + corner), (corner, corner), start=180, end=270),
    ]
    pen.fill(box, case, shade=0.4)
    lit = dice.randrange(3)
    for i, color in enumerate([(255, 66, 52), (255, 190, 46), (52, 222, 112)]):
        y = -0.62 + 0.47 * i
        radius = 0.62 * half
        pen.dot((0, y), 1.15 * radius, darker(case, 0.55))
        pen.ellipse((0, y), (radius, radius), color if i == lit else darker(mix(color, case, 0.45), 0.45), shade=0.12)
        if i == lit:
            pen.glow((0, y), 3.1 * radius, lighter(color, 0.2), 0.55)
            pen.shine(ring((-0.3 * radius, y - 0.35 * radius), (0.26 * radius, 0.16 * radius), turn=-35), 0.75)
        hood = ring((0, y), (1.25 * radius, 1.2 * radius), start=195, end=345)
        pen.stroke(hood, 0.07, darker(case, 0.45) if case != (232, 182, 60) else BLACK)


OBJECTS: dict[str, Callable[[Pen, Random], None]] = {
    "cactus": cactus,
    "fish": fish,
    "hot-air balloon": balloon,
    "lighthouse": lighthouse,
    "mushroom": mushroom,
    "rocket": rocket,
    "sailboat": sailboat,
    "snail": snail,
    "sunflower": sunflower,
    "teapot": teapot,
    "traffic light": traffic_light,
    "umbrella": umbrella,
}
"""The classes; the position in this dictionary is the class id."""
