"""Numbers as people read them: percentages, confidences, counts and classes.

Stored values are never rounded; only what is shown is.
"""

from __future__ import annotations

from accubench.records.report import TopK

__all__ = [
    "DASH",
    "MINUS",
    "TIMES",
    "class_text",
    "confidence_text",
    "count_text",
    "distance_text",
    "interval_text",
    "percent_text",
    "plural",
    "points_text",
    "ratio_text",
    "short_class_text",
    "signed_points_text",
]

DASH = "\N{EN DASH}"
"""Stands between two bounds, and where there is no value."""
MINUS = "\N{MINUS SIGN}"
"""As wide as a plus sign, and never the end of a line."""
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


def points_text(share: float, *, decimals: int | None = 2) -> str:
    """A share as percentage points, without its sign; `decimals` None for as few as there are.

    >>> points_text(0.0027), points_text(-0.0027), points_text(0.01, decimals=None), points_text(0.005, decimals=None)
    ('0.27 points', '0.27 points', '1 point', '0.5 points')
    """
    shown = f"{100 * abs(share):g}" if decimals is None else f"{100 * abs(share):.{decimals}f}"
    return f"{shown} point" if shown == "1" else f"{shown} points"


def signed_points_text(share: float | None) -> str:
    """A difference of shares in percentage points, with its sign; a dash where there is none.

    >>> signed_points_text(0.0027), signed_points_text(-0.0105) == MINUS + "1.05", signed_points_text(-0.000001)
    ('+0.27', True, '0.00')
    """
    if share is None:
        return DASH
    shown = f"{100 * share:+.2f}"
    return "0.00" if float(shown) == 0 else shown.replace("-", MINUS)


def ratio_text(ratio: float) -> str:
    """How many times as much, with three digits at the most.

    >>> ratio_text(1.94), ratio_text(0.8312), ratio_text(12.34), ratio_text(123.4)
    ('1.94', '0.83', '12.3', '123')
    """
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}"


def distance_text(distance: float | None) -> str:
    """A distance with three digits; a dash where there is none, and 0 only where it is exactly that.

    >>> distance_text(0.012345), distance_text(2e-9), distance_text(0.0), distance_text(None) == DASH
    ('0.0123', '2e-09', '0', True)
    """
    return DASH if distance is None else f"{distance:.3g}"


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


def short_class_text(class_id: int | None, name: str | None) -> str:
    """As `class_text`, for narrow places: of several synonyms only the first.

    >>> short_class_text(2, "great white shark, white shark")
    'great white shark (2)'
    """
    return class_text(class_id, name.split(",", 1)[0] if name else None)
