"""Values that are allowed but usually a mistake."""

from __future__ import annotations

from accubench.records.accuracy_configuration import AccuracyConfiguration, Normalize, NormalizeStep

__all__ = ["cautions"]

_LARGEST_UNIT = 1.5
_ENDS_APART = 5.0


def cautions(configuration: AccuracyConfiguration) -> tuple[str, ...]:
    """Sentences about values that look like one of the usual mistakes of normalisation.

    Two of them are recognised: mean and scale in units of 0 to 1, while pixels are 0 to 255 here; and the mean of
    ImageNet in the order of the other colours (its red is brighter than its blue).
    """
    steps = [step.normalize for step in configuration.preprocessing if isinstance(step, NormalizeStep)]
    if not steps:
        return ()
    first = steps[0]
    found = [_units(first), _order(first, configuration.decode.color)]
    return tuple(sentence for sentence in found if sentence)


def _units(normalize: Normalize) -> str | None:
    values = [*_listed(normalize.mean), *_listed(normalize.scale)]
    fractional = any(not value.is_integer() for value in values)
    if not fractional or max(abs(value) for value in values) > _LARGEST_UNIT:
        return None
    return (
        f"normalize has mean {_text(normalize.mean)} and scale {_text(normalize.scale)}, as for units of "
        "0 to 1, but pixels are 0 to 255 here. If so, multiply both by 255."
    )


def _order(normalize: Normalize, color: str) -> str | None:
    mean = _listed(normalize.mean)
    if len(mean) != 3 or color == "gray" or not all(90 < value < 140 for value in mean):
        return None
    looks = "BGR" if mean[2] - mean[0] > _ENDS_APART else "RGB" if mean[0] - mean[2] > _ENDS_APART else color
    if looks == color:
        return None
    return (
        f"normalize has mean {_text(normalize.mean)}, which looks like ImageNet's in the order {looks}, but images are "
        f"decoded as {color}. Mean and scale follow the order of the decoded image."
    )


def _listed(values: float | tuple[float, ...]) -> tuple[float, ...]:
    return values if isinstance(values, tuple) else (values,)


def _text(values: float | tuple[float, ...]) -> str:
    return f"[{', '.join(f'{value:g}' for value in values)}]" if isinstance(values, tuple) else f"{values:g}"
