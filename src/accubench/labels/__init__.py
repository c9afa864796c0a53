"""Class names, synset ids, and how the classes of a dataset become outputs of a model."""
