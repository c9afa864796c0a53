"""What a health check found, in sentences: one wording for terminal and workbench."""

from __future__ import annotations

from accubench.export.numbers import TIMES, count_text, plural
from accubench.records.dataset_health import DatasetHealth, DuplicateGroup, SmallerThanInput

__all__ = ["equal_names", "health_lines", "kind_table", "smaller_line"]

_KINDS = {
    "n_turned": ("Turned", "turned by EXIF, which browsers show and most training pipelines ignore"),
    "n_gray": ("Grey", "without colour"),
    "n_cmyk": ("CMYK", "in CMYK"),
    "n_sixteen_bit": ("16 bits", "with 16 bits a channel, of which a model sees 8"),
    "n_alpha": ("Alpha", "with transparency"),
    "n_animated": ("Animated", "with more than one frame, of which the first is taken"),
}
"""Title and words of each kind."""


def equal_names(group: DuplicateGroup) -> str:
    """The names of equal images, and how many more there are."""
    more = group.n - len(group.image_names)
    return ", ".join(group.image_names) + (f" and {count_text(more)} more" if more else "")


def health_lines(health: DatasetHealth) -> tuple[str, ...]:
    """Sentences, the most serious first; those about nothing say so, for that is news too."""
    formats = ", ".join(f"{count_text(count)} {name}" for name, count in health.formats.items()) or "none"
    lines = [
        _unreadable(health),
        _duplicates(health),
        f"{plural(health.n_small, 'image')} with a shorter side below {health.small_side} pixels.",
        f"Readable images by format: {formats}.",
    ]
    lines += _kinds(health)
    if health.balance is not None:
        balance = health.balance
        empty = f"; {plural(balance.n_empty, 'class')} more with a name but no image" if balance.n_empty else ""
        spread = f"{plural(balance.fewest, 'image')} each"
        if balance.most > balance.fewest:
            spread = (
                f"{balance.fewest} to {balance.most} images each, median {balance.median:g}; the largest has "
                f"{balance.imbalance:.3g} times the images of the smallest"
            )
        lines.append(f"{plural(balance.n_classes, 'class')}: {spread}{empty}.")
    return tuple(lines)


def kind_table(health: DatasetHealth) -> tuple[tuple[str, ...], ...]:
    """Titles, then a row for each format: its images, and how many of each kind that occurs; empty where none does."""
    occurring = [name for name in _KINDS if getattr(health, name)]
    if not occurring or not health.kinds:
        return ()
    titles = ("Format", "Images", *(_KINDS[name][0] for name in occurring))
    rows = (
        (each.format, count_text(each.n_images), *(count_text(getattr(each, name)) for name in occurring))
        for each in health.kinds
    )
    return (titles, *rows)


def smaller_line(found: SmallerThanInput) -> str:
    """How many images are enlarged for a model."""
    if found.size_hw is None:
        return f"{found.model_name} takes images of any size."
    height, width = found.size_hw
    of_input = f"the input of {found.model_name}, {width} {TIMES} {height} pixels"
    if found.n is None:
        return f"Sizes were not counted when this was made; check again to compare them with {of_input}."
    return f"{plural(found.n, 'image')} smaller than {of_input}."


def _kinds(health: DatasetHealth) -> list[str]:
    counts = {name: getattr(health, name) for name in _KINDS}
    if health.kinds is None:
        lines = [f"{plural(count, 'JPEG image')} {_KINDS[name][1]}." for name, count in counts.items() if count]
        return [*lines, "Other kinds of images were not counted when this was made; check again to count them."]
    if health.kinds and not any(counts.values()):
        return ["Every readable image is upright, in colour, of 8 bits, opaque and of one frame."]
    return [f"{plural(count, 'image')} {_KINDS[name][1]}." for name, count in counts.items() if count]


def _unreadable(health: DatasetHealth) -> str:
    if not health.n_unreadable:
        return "Every image can be decoded."
    return f"{plural(health.n_unreadable, 'image')} cannot be decoded: a failed image in every report."


def _duplicates(health: DatasetHealth) -> str:
    if not health.n_duplicates:
        return "No file is there twice."
    contradicting = ""
    if health.n_contradicting:
        groups = plural(health.n_contradicting, "group")
        contradicting = f", and {groups} of equal images with different classes: at least one of them is wrong"
    return f"{plural(health.n_duplicates, 'image')} more than needed, equal to another byte for byte{contradicting}."
