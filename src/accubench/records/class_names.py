"""Names of classes, by id, with where they came from."""

from __future__ import annotations

from typing import Literal

from accubench.records.base import Record

__all__ = ["ClassCorrespondence", "ClassNames", "CorrespondingClass", "MatchedBy"]

MatchedBy = Literal["synset id", "exact name", "spelling", "first synonym", "other synonym"]
"""What told that a class of the dataset and one of the model are the same, the surest first."""


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


class CorrespondingClass(Record):
    """A class of the dataset, the output that it is taken for, and the output that names say it is."""

    dataset_class: int
    dataset_name: str | None
    taken_output: int | None
    """The output that stands for it in an evaluation; None where that is refused."""
    taken_name: str | None
    named_output: int | None
    """The output that has its synset id or name; None where no output has, or several have."""
    named_name: str | None
    matched_by: MatchedBy | None

    @property
    def moved(self) -> bool:
        """Whether names say another output than the one taken."""
        return (
            self.named_output is not None and self.taken_output is not None and self.named_output != self.taken_output
        )


class ClassCorrespondence(Record):
    """How the classes of a dataset become outputs of a model, class by class, and what names say of it."""

    description: str
    """How outputs are found; or why that is refused."""
    doubts: tuple[str, ...]
    dataset_names_origin: str | None
    model_names_origin: str | None
    classes: tuple[CorrespondingClass, ...]
    """In the order of the dataset's ids."""
    option: str | None
    """The setting of the accuracy configuration that does as names say; None where nothing is to be changed."""

    @property
    def named(self) -> bool:
        """Whether both sides have names, so that names can say something."""
        return self.dataset_names_origin is not None and self.model_names_origin is not None

    @property
    def questionable(self) -> tuple[CorrespondingClass, ...]:
        """Classes to look at: names say another output than the one taken, or belong to no output."""
        if not self.named:
            return ()
        return tuple(each for each in self.classes if each.moved or each.named_output is None)

    @property
    def n_moved(self) -> int:
        """Classes for which names say another output than the one taken."""
        return sum(each.moved for each in self.classes)

    @property
    def n_unmatched(self) -> int:
        """Classes whose name belongs to no output, or to several."""
        return sum(each.named_output is None for each in self.classes)
