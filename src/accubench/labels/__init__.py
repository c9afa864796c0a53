"""Class names, synset ids, and how the classes of a dataset become outputs of a model."""

from accubench.labels.best_names import best_class_names
from accubench.labels.imagenet import imagenet_class_names, is_synset
from accubench.labels.label_files import read_label_file
from accubench.labels.mapping import resolve_mapping
from accubench.labels.names import normalized_name

__all__ = [
    "best_class_names",
    "imagenet_class_names",
    "is_synset",
    "normalized_name",
    "read_label_file",
    "resolve_mapping",
]
