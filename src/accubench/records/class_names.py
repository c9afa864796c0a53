"""Names of classes, by id, with where they came from."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["ClassNames"]


class ClassNames(Record):
    """The names of a set of classes; the position is the class id."""

    names: tuple[str, ...]
    """Human-readable names, `names[id]`; hostile text as far as any page is concerned."""
    synsets: tuple[str, ...] | None = None
    """WordNet ids such as ``n01440764``, same order, where known."""
    origin: str
    """Where the names were read, e.g. ``synset_words.txt`` or ``model metadata 'labels'``."""

    def __len__(self) -> int:
        return len(self.names)

    def name(self, class_id: int | None) -> str | None:
        """The name of a class, or None for no class or an id without a name.

        >>> ClassNames(names=("cat", "dog"), origin="example").name(1)
        'dog'
        """
        if class_id is None or not 0 <= class_id < len(self.names):
            return None
        return self.names[class_id]
