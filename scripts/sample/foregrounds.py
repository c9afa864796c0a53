"""Things that stand between the viewer and an object, drawn in the object's coordinates."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from backgrounds import cloud
from pen import Pen, darker, hsv, smooth


def grass(pen: Pen, dice: Random) -> None:
    """Long blades from below."""
    hue = dice.uniform(0.2, 0.36)
    for _ in range(30):
        x, tall = dice.uniform(-1.6, 1.6), dice.uniform(0.4, 1.1)
        blade = [(x - 0.05, 1.9), (x + dice.uniform(-0.25, 0.25), 1.15 - tall), (x + 0.05, 1.9)]
        pen.fill(blade, hsv(hue, 0.6, dice.uniform(0.3, 0.6)), shade=0.2, ink=False)


def fence(pen: Pen, dice: Random) -> None:
    """Wooden slats with pointed tops."""
    paint, gap = dice.choice([(240, 238, 230), (128, 92, 66), (92, 126, 148)]), dice.uniform(0.45, 0.7)
    shift, top = dice.uniform(-0.3, 0.3), dice.uniform(-0.1, 0.4)
    for y in (top + 0.2, top + 0.7):
        pen.fill([(-3, y), (3, y), (3, y + 0.1), (-3, y + 0.1)], darker(paint, 0.15), shade=0.1, ink=False)
    for i in range(-4, 5):
        x = i * gap + shift
        slat = [(x - 0.11, 3), (x - 0.11, top + 0.08), (x, top - 0.06), (x + 0.11, top + 0.08), (x + 0.11, 3)]
        pen.fill(slat, paint, shade=0.25)


def leaves(pen: Pen, dice: Random) -> None:
    """A twig that hangs in from one side."""
    hue, side = dice.uniform(0.22, 0.42), dice.choice([-1, 1])
    for _ in range(dice.randint(8, 13)):
        twig = pen.at(side * dice.uniform(0.1, 1.2), dice.uniform(-1.3, 0.2), angle=dice.uniform(0, 360))
        leaf = smooth([(-0.34, 0), (-0.1, -0.13), (0.34, 0), (-0.1, 0.13)])
        green = hsv(hue + dice.uniform(-0.03, 0.03), 0.6, dice.uniform(0.3, 0.62))
        twig.fill(leaf, green, shade=0.35, ink=False)
        twig.stroke([(-0.34, 0), (0.3, 0)], 0.02, hsv(hue, 0.4, 0.75), opacity=0.6)


def post(pen: Pen, dice: Random) -> None:
    """An upright beam."""
    x, half = dice.uniform(-0.5, 0.5), dice.uniform(0.14, 0.3)
    color = dice.choice([(110, 84, 66), (150, 150, 158), (70, 76, 90)])
    pen.fill([(x - half, -4), (x + half, -4), (x + half, 4), (x - half, 4)], color, shade=0.45, ink=False)


def clouds(pen: Pen, dice: Random) -> None:
    """Two clouds that drift past."""
    for _ in range(2):
        spot = (dice.uniform(-0.7, 0.7), dice.uniform(-0.3, 0.8))
        cloud(pen, spot, dice.uniform(0.6, 1.0), (246, 248, 252), dice)


def rain(pen: Pen, dice: Random) -> None:
    """Slanting streaks."""
    for _ in range(90):
        x, y = dice.uniform(-2.2, 2.2), dice.uniform(-2.2, 2.2)
        pen.stroke([(x, y), (x - 0.07, y + 0.3)], 0.018, (222, 232, 246), opacity=0.65)


FOREGROUNDS: dict[str, Callable[[Pen, Random], None]] = {
    "grass": grass,
    "fence": fence,
    "leaves": leaves,
    "post": post,
    "clouds": clouds,
    "rain": rain,
}
