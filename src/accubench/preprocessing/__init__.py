"""The configured steps from a decoded image to the model's input."""

from accubench.preprocessing.preprocessor import Preprocessor
from accubench.preprocessing.threads import one_opencv_thread

__all__ = ["Preprocessor", "one_opencv_thread"]
