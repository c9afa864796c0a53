"""The configured steps from a decoded image to the model's input."""

from accubench.preprocessing.input_batches import input_batch
from accubench.preprocessing.preprocessor import PREPROCESSING_REVISION, Preprocessor
from accubench.preprocessing.threads import one_opencv_thread

__all__ = ["PREPROCESSING_REVISION", "Preprocessor", "input_batch", "one_opencv_thread"]
