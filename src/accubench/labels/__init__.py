"""Class names, synset ids, and how the classes of a dataset become outputs of a model."""

from accubench.labels.best_names import best_class_names
from accubench.labels.imagenet import imagenet_class_names, is_synset
from accubench.labels.label_files import read_label_file
from accubench.labels.mapping import fitted_to_outputs, labels_of_model, resolve_mapping
from accubench.labels.names import is_background, normalized_name

__all__ = [
    "best_class_names",
    "fitted_to_outputs",
    "imagenet_class_names",
    "is_background",
    "is_synset",
    "labels_of_model",
    "normalized_name",
    "read_label_file",
    "resolve_mapping",
]
