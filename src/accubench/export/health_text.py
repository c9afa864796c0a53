"""What a health check found, in sentences: one wording for terminal and workbench."""

from __future__ import annotations

from accubench.export.numbers import count_text, plural
from accubench.records.dataset_health import DatasetHealth, DuplicateGroup

__all__ = ["equal_names", "health_lines"]


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
    odd = [
        (health.n_turned, "turned by EXIF, which browsers show and most training pipelines ignore"),
        (health.n_gray, "without colour"),
        (health.n_cmyk, "in CMYK"),
    ]
    lines += [f"{plural(count, 'JPEG image')} {what}." for count, what in odd if count]
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
