"""Numbers as people read them: percentages, confidences, counts and classes.

Stored values are never rounded; only what is shown is.
"""

from __future__ import annotations

from accubench.records.report import TopK

__all__ = [
    "DASH",
    "TIMES",
    "class_text",
    "confidence_text",
    "count_text",
    "interval_text",
    "percent_text",
    "plural",
]

DASH = "\N{EN DASH}"
"""Stands between two bounds, and where there is no value."""
TIMES = "\N{MULTIPLICATION SIGN}"
SMALLEST_SHOWN = 0.0001
"""Probabilities below this print as less than it: an exact 0 is mostly rounding, and nothing shall look impossible."""


def percent_text(share: float | None, *, decimals: int = 2) -> str:
    """A share as a percentage; a dash where there is none.

    >>> percent_text(0.67), percent_text(0.67, decimals=0), percent_text(None) == DASH
    ('67.00 %', '67 %', True)
    """
    return DASH if share is None else f"{100 * share:.{decimals}f} %"


def interval_text(top: TopK) -> str:
    """The 95 % interval of a top-k accuracy.

    >>> interval_text(TopK(k=1, right=335, n=500, value=0.67, low=0.6276, high=0.7098))
    '62.76 to 70.98 %'
    """
    return f"{100 * top.low:.2f} to {100 * top.high:.2f} %"


def confidence_text(confidence: float | None) -> str:
    """A probability with four decimals; small ones say so instead of turning into zero.

    >>> confidence_text(0.91), confidence_text(2e-9), confidence_text(0.0), confidence_text(None) == DASH
    ('0.9100', '< 0.0001', '< 0.0001', True)
    """
    if confidence is None:
        return DASH
    return f"< {SMALLEST_SHOWN:.4f}" if confidence < SMALLEST_SHOWN else f"{confidence:.4f}"


def count_text(count: int) -> str:
    """A count with thousands set apart.

    >>> count_text(50000)
    '50,000'
    """
    return f"{count:,}"


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "image"), plural(2, "image"), plural(0, "class")
    ('1 image', '2 images', '0 classes')
    """
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count_text(count)} {noun}{ending}"


def class_text(class_id: int | None, name: str | None) -> str:
    """A class by name and id; a dash where there is none.

    >>> class_text(7, "cock"), class_text(7, None), class_text(None, None) == DASH
    ('cock (7)', 'class 7', True)
    """
    if class_id is None:
        return DASH
    return f"class {class_id}" if name is None else f"{name} ({class_id})"
