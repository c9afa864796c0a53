"""Draw the sample dataset that ships with AccuBench: `python scripts/sample/draw.py`.

Every picture follows from a seed alone, so the dataset can be drawn again at any time.
The same program draws the pictures that the sample model is trained on, from other seeds and with less variety:
the model meets things in the dataset that it has never seen, as models do.
"""

from __future__ import annotations

import argparse
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import PIL
from backgrounds import BACKGROUNDS
from foregrounds import FOREGROUNDS
from objects import OBJECTS
from pen import Pen, blurred
from PIL import Image
from weather import WEATHERS, exposed

SAMPLE = Path(__file__).parents[2] / "src" / "accubench" / "sample"
CLASS_NAMES = tuple(OBJECTS)
IMAGE_COUNT = 600
SUPERSAMPLING = 3
JPEG_QUALITY = 80

HOME: dict[str, tuple[str, ...]] = {
    "cactus": ("desert", "desert", "room", "sunset", "studio"),
    "fish": ("underwater", "underwater", "underwater", "studio"),
    "hot-air balloon": ("day", "day", "sunset", "sea", "snow"),
    "lighthouse": ("sea", "sea", "night", "sunset", "day"),
    "mushroom": ("forest", "forest", "meadow", "studio"),
    "rocket": ("night", "night", "studio", "sunset", "desert"),
    "sailboat": ("sea", "sea", "sea", "studio"),
    "snail": ("meadow", "meadow", "forest", "studio"),
    "sunflower": ("meadow", "day", "day", "room"),
    "teapot": ("room", "room", "room", "studio"),
    "traffic light": ("city", "city", "city", "night", "snow"),
    "umbrella": ("city", "sea", "studio", "snow", "room"),
}
"""Where one expects to find each class."""

GROUNDED = frozenset({"cactus", "lighthouse", "mushroom", "teapot", "snail"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Variety:
    """How far pictures may stray from a plain view; probabilities unless said otherwise."""

    odd_place: float
    """A background where one does not expect the object."""
    turn: float
    """Standard deviation of the object's angle in degrees."""
    upset: float
    """The object lies on its side or upside down."""
    size: tuple[float, float]
    """Smallest and largest half height of the object, as a share of the shorter side."""
    off_centre: float
    """How far the object may move, as a share of the free space."""
    hidden: float
    """Something stands in front of the object."""
    company: float
    """A second object of another class stands beside it."""
    weather: float
    """Blur, fog, dusk, glare or a colour cast."""
    noise: float
    """Largest standard deviation of the noise in grey values."""


TRAINING = Variety(
    odd_place=0.2,
    turn=7,
    upset=0.02,
    size=(0.27, 0.46),
    off_centre=0.5,
    hidden=0.1,
    company=0.03,
    weather=0.25,
    noise=3,
)
SAMPLE_VARIETY = Variety(
    odd_place=0.3,
    turn=9,
    upset=0.04,
    size=(0.24, 0.46),
    off_centre=0.7,
    hidden=0.18,
    company=0.04,
    weather=0.38,
    noise=3.5,
)


def draw_picture(class_name: str, seed: str, variety: Variety, *, size: tuple[int, int] | None = None) -> Image.Image:
    """Draw one picture of a class.

    Args:
        class_name: One of `CLASS_NAMES`.
        seed: Decides everything that is left to chance.
        variety: How unusual the picture may become.
        size: Width and height in pixels; left to chance when None.
    """
    dice = Random(seed)
    width, height = size or _picture_size(dice)
    canvas = (width * SUPERSAMPLING, height * SUPERSAMPLING)
    place = dice.choice(list(BACKGROUNDS)) if dice.random() < variety.odd_place else dice.choice(HOME[class_name])
    image = BACKGROUNDS[place](canvas, dice)
    if dice.random() < 0.35:
        image = blurred(image, min(canvas) * dice.uniform(0.004, 0.014))
    pen = _place(image, class_name, dice, variety)
    if dice.random() < variety.company:
        companion = dice.choice([name for name in CLASS_NAMES if name != class_name])
        reach = dice.choice([-1, 1]) * dice.uniform(1.15, 1.5) * pen.scale
        neighbour = Pen(
            image=image,
            origin=(pen.origin[0] + reach, pen.origin[1] + 0.1 * pen.scale),
            scale=pen.scale * dice.uniform(0.75, 1.0),
            angle=dice.gauss(0, variety.turn),
            ink=pen.ink,
            light=pen.light,
        )
        OBJECTS[companion](neighbour, dice)
    OBJECTS[class_name](pen, dice)
    if dice.random() < variety.hidden:
        FOREGROUNDS[dice.choice(list(FOREGROUNDS))](pen, dice)
    image = image.reduce(SUPERSAMPLING)
    if dice.random() < variety.weather:
        image = WEATHERS[dice.choice(list(WEATHERS))](image, dice)
    return exposed(image, dice, noise=variety.noise)


def _picture_size(dice: Random) -> tuple[int, int]:
    """Width and height between 96 and 320 pixels, small pictures more often than large ones."""
    area = math.exp(dice.gauss(math.log(152), 0.24))
    ratio = math.exp(dice.choice([0.0, 0.0, dice.uniform(-0.45, 0.45), math.log(4 / 3), math.log(3 / 4)]))
    width, height = (min(320, max(96, round(side))) for side in (area * math.sqrt(ratio), area / math.sqrt(ratio)))
    return width, height


def _place(image: Image.Image, class_name: str, dice: Random, variety: Variety) -> Pen:
    """Choose size, position and angle of the object and put a shadow on the ground below it."""
    width, height = image.size
    shorter = min(width, height)
    scale = shorter * dice.uniform(*variety.size)
    free_x, free_y = (max(0.0, side / 2 - 0.9 * scale) + 0.1 * scale for side in (width, height))
    x = width / 2 + dice.uniform(-1, 1) * variety.off_centre * free_x
    y = height / 2 + dice.uniform(-1, 1) * variety.off_centre * free_y
    angle = dice.gauss(0, variety.turn) * (0.5 if class_name in GROUNDED else 1.0)
    upset = dice.random() < variety.upset
    pen = Pen(
        image=image,
        origin=(x, y),
        scale=scale,
        angle=dice.choice([90, -90, 180, 150, -120]) + angle if upset else angle,
        flip=dice.random() < 0.5,
        ink=dice.random() < 0.25,
        light=dice.choice(["left", "right"]),
    )
    if class_name in GROUNDED and not upset:
        pen.ground_shadow((0, 0.96 if class_name != "teapot" else 0.75), (0.75, 0.13))
    return pen


@dataclass(frozen=True, slots=True)
class Scene:
    """One line of the dataset."""

    number: int
    class_id: int

    @property
    def name(self) -> str:
        """The file name, which does not tell the class."""
        return f"scene_{self.number:04}.jpg"

    def picture(self) -> Image.Image:
        """Draw it."""
        return draw_picture(CLASS_NAMES[self.class_id], f"sample {self.number}", SAMPLE_VARIETY)


def scenes() -> list[Scene]:
    """All lines of the dataset in order: every class equally often, shuffled."""
    classes = [number % len(CLASS_NAMES) for number in range(IMAGE_COUNT)]
    Random("order of the sample dataset").shuffle(classes)
    return [Scene(number, class_id) for number, class_id in enumerate(classes, start=1)]


def jpeg(image: Image.Image, *, orientation: int | None = None) -> bytes:
    """Encode a picture as the dataset does, with an EXIF orientation tag if given."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True, exif=exif.tobytes() if orientation else b"")
    return buffer.getvalue()


ROTATED, GREY, TRUNCATED, EMPTY, TEXT = 88, 211, 137, 302, 486
"""Numbers of the scenes that are unusual files."""


def file_bytes(scene: Scene) -> bytes:
    """The content of the file of a scene: a JPEG, except for the three that cannot be read."""
    if scene.number == EMPTY:
        return b""
    if scene.number == TEXT:
        return b"This file is named like a picture, but it is text: what a failed download often leaves behind.\n"
    picture = scene.picture()
    if scene.number == ROTATED:
        # As a camera held upright stores it: turned to the left, with a tag that says so.
        return jpeg(picture.transpose(Image.Transpose.ROTATE_90), orientation=6)
    if scene.number == GREY:
        return jpeg(picture.convert("L"))
    data = jpeg(picture)
    return data[: len(data) // 3] if scene.number == TRUNCATED else data


def training_pictures(count: int, *, size: tuple[int, int]) -> Iterator[tuple[Image.Image, int]]:
    """The separate draw that the model is trained on, with class ids."""
    for number in range(count):
        class_id = number % len(CLASS_NAMES)
        yield draw_picture(CLASS_NAMES[class_id], f"training {number}", TRAINING, size=size), class_id


def write_dataset(folder: Path) -> None:
    """Write images, `val.txt` and `labels.txt` below `folder`, replacing what is there."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    for old in images.iterdir():
        old.unlink()
    lines = []
    for scene in scenes():
        (images / scene.name).write_bytes(file_bytes(scene))
        lines.append(f"{scene.name} {scene.class_id}\n")
    (folder / "val.txt").write_text("".join(lines), encoding="utf-8")
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in CLASS_NAMES), encoding="utf-8")


def main() -> None:
    """Draw the dataset into the package, or into another folder."""
    parser = argparse.ArgumentParser(description="Draw the sample dataset.")
    parser.add_argument("--folder", type=Path, default=SAMPLE / "dataset")
    folder: Path = parser.parse_args().folder
    write_dataset(folder)
    size_mb = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    print(json.dumps({"images": IMAGE_COUNT, "megabytes": round(size_mb, 2), "pillow": PIL.__version__}))


if __name__ == "__main__":
    main()
