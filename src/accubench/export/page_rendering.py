"""What the HTML pages of all kinds of reports share: assets, policy, addresses, pictures.

Names of images and classes are hostile text: templates escape them, the embedded data cannot end its script element,
and a content security policy lets nothing run or load but the style and the script whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

import jinja2

from accubench.export import numbers
from accubench.export.files import ImageJpeg

__all__ = ["address", "picture", "render"]

_GALLERY_SIDE = 240
"""Pixels of a picture's longer side: enough to see what is on it, about 10 kB."""
_TEMPLATES = ("page.html", "parts.html", "report.html", "comparison.html", "distance.html")


def render(template: str, page: object) -> str:
    """One HTML file that needs nothing else.

    Args:
        template: One of the templates among the assets.
        page: Everything that it shows; `page.images.json` is the data that its script reads.
    """
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_source_hash(style)}'; script-src '{_source_hash(script)}'"
    )
    return _environment().get_template(template).render(page=page, style=style, script=script, policy=policy)


def address(*filters: tuple[str, str, str]) -> str:
    """The fragment under which the page shows the images that pass all filters: column, operator, value."""
    return "#" + urlencode({"view": "images"} | {column: f"{operator}:{value}" for column, operator, value in filters})


def picture(image_jpeg: ImageJpeg, image_name: str) -> str | None:
    """An image's thumbnail as a data address, or None where there is none to show."""
    jpeg = image_jpeg(image_name, _GALLERY_SIDE)
    return None if jpeg is None else f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _asset(name: str) -> str:
    return files("accubench.export").joinpath("assets", name).read_text("utf-8")


def _source_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.DictLoader({name: _asset(name) for name in _TEMPLATES}),
    )
    environment.filters |= {
        "address": lambda filters: address(*filters),
        "confidence": numbers.confidence_text,
        "count": numbers.count_text,
        "interval": numbers.interval_text,
        "percent": numbers.percent_text,
        "plural": numbers.plural,
    }
    return environment
