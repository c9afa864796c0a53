"""The configured steps from a decoded image to the model's input."""

from accubench.preprocessing.preprocessor import Preprocessor

__all__ = ["Preprocessor"]
