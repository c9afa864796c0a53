"""What weather, lens and sensor do to a picture."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
from pen import Pen, blurred, hsv
from PIL import Image, ImageEnhance


def out_of_focus(image: Image.Image, dice: Random) -> Image.Image:
    """Blur everything."""
    return blurred(image, min(image.size) * dice.uniform(0.008, 0.022))


def fog(image: Image.Image, dice: Random) -> Image.Image:
    """Lay a grey veil over the picture."""
    return Image.blend(image, Image.new("RGB", image.size, (206, 212, 218)), dice.uniform(0.35, 0.7))


def dusk(image: Image.Image, dice: Random) -> Image.Image:
    """Darken the picture, blue least."""
    dark = dice.uniform(0.35, 0.6)
    bands = [
        band.point([min(255, round(level * dark * share)) for level in range(256)])
        for band, share in zip(image.split(), (0.85, 0.92, 1.2), strict=True)
    ]
    return Image.merge("RGB", bands)


def glare(image: Image.Image, dice: Random) -> Image.Image:
    """Let a light shine into the lens."""
    pen = Pen(image=image, origin=(0, 0), scale=image.height)
    pen.glow((dice.random() * image.width / image.height, 0.2), 1.4, (255, 246, 220), dice.uniform(0.6, 0.9))
    return image


def cast(image: Image.Image, dice: Random) -> Image.Image:
    """Tint the picture."""
    return Image.blend(image, Image.new("RGB", image.size, hsv(dice.random(), 0.8, 0.8)), dice.uniform(0.15, 0.35))


def faded(image: Image.Image, dice: Random) -> Image.Image:
    """Take most of the colour away."""
    return ImageEnhance.Color(image).enhance(dice.uniform(0.1, 0.5))


WEATHERS: dict[str, Callable[[Image.Image, Random], Image.Image]] = {
    "out of focus": out_of_focus,
    "fog": fog,
    "dusk": dusk,
    "glare": glare,
    "cast": cast,
    "faded": faded,
}


def exposed(image: Image.Image, dice: Random, *, noise: float) -> Image.Image:
    """Vary the brightness, darken the corners a little, add noise of up to `noise` grey values."""
    image = ImageEnhance.Brightness(image).enhance(dice.uniform(0.88, 1.08))
    pixels = np.asarray(image, dtype=np.float32)
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)[..., None]
    pixels = pixels * (1 - np.float32(dice.uniform(0.0, 0.5)) * distance)
    # The raw output of a bit generator is the same in every version of numpy; the sum of four bytes is nearly normal,
    # with a standard deviation of 147.8.
    draws = np.random.PCG64(dice.randrange(2**32)).random_raw((height * width + 1) // 2)
    four_bytes = draws.astype("<u8").view(np.uint8).reshape(-1, 4)[: height * width]
    grain = four_bytes.astype(np.float32).sum(axis=1).reshape(height, width, 1) - 510
    pixels += grain * np.float32(dice.uniform(0, noise) / 147.8)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
