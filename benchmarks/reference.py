"""Reference loops, frozen: what decoding alone and inference alone can do, and how people evaluate today.

They share no code with AccuBench, so that a change there cannot move them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import simplejpeg


@dataclass(frozen=True)
class Recipe:
    """One model with its preprocessing, spelled out."""

    name: str
    model: Path
    color: str
    size: int
    resize_to: int
    crop_fraction: float | None
    mean: tuple[float, float, float] | None
    offset: int

    def prepare(self, data: bytes) -> np.ndarray:
        """Bytes of a JPEG to the model's input, height x width x 3."""
        image = simplejpeg.decode_jpeg(data, colorspace=self.color)
        if self.crop_fraction is not None:
            height, width = image.shape[:2]
            wanted = int(height * self.crop_fraction), int(width * self.crop_fraction)
            image = _centre(image, *wanted)
            return cv2.resize(image, (self.size, self.size), interpolation=cv2.INTER_LINEAR)
        image = cv2.resize(image, (self.resize_to, self.resize_to), interpolation=cv2.INTER_LINEAR)
        return _centre(image, self.size, self.size)


def _centre(image: np.ndarray, height: int, width: int) -> np.ndarray:
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]


def decode_only(recipe: Recipe, paths: Sequence[Path], threads: int) -> float:
    """Images per second of reading, decoding and resizing in `threads` threads."""
    cv2.setNumThreads(1)
    return _shared_out(paths, threads, lambda path: recipe.prepare(path.read_bytes()))


def infer_only(recipe: Recipe, n: int) -> float:
    """Images per second of asynchronous inference with the throughput hint on one prepared input."""
    compiled = _compiled(recipe, "THROUGHPUT")
    queue = ov.AsyncInferQueue(compiled, compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
    shape = [1, recipe.size, recipe.size, 3]
    tensor = ov.Tensor(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    for _ in range(20):
        queue.start_async({0: tensor})
    queue.wait_all()
    started = time.perf_counter()
    for _ in range(n):
        queue.start_async({0: tensor})
    queue.wait_all()
    elapsed = time.perf_counter() - started
    del queue, compiled
    return n / elapsed


def plain_loop(recipe: Recipe, paths: Sequence[Path]) -> float:
    """The loop of most scripts: cv2.imread, resize, synchronous inference, arg-max."""
    cv2.setNumThreads(-1)
    compiled = _compiled(recipe, "LATENCY")
    started = time.perf_counter()
    for path in paths:
        image = cv2.imread(str(path))
        if recipe.color == "RGB":
            image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        prepared = _prepared_like(recipe, image)
        int(np.argmax(compiled(prepared[np.newaxis])[0]))
    return len(paths) / (time.perf_counter() - started)


def loader_loop(recipe: Recipe, paths: Sequence[Path], processes: int) -> float:
    """A data loader with worker processes feeding synchronous inference, batch 1 a step."""
    compiled = _compiled(recipe, "LATENCY")
    with get_context("spawn").Pool(processes, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        pool.map(_load, [(recipe, paths[0])] * processes)
        started = time.perf_counter()
        for prepared in pool.imap(_load, [(recipe, path) for path in paths], chunksize=8):
            int(np.argmax(compiled(prepared[np.newaxis])[0]))
        return len(paths) / (time.perf_counter() - started)


def _load(task: tuple[Recipe, Path]) -> np.ndarray:
    recipe, path = task
    return np.ascontiguousarray(recipe.prepare(path.read_bytes()))


def _prepared_like(recipe: Recipe, image: np.ndarray) -> np.ndarray:
    if recipe.crop_fraction is not None:
        height, width = image.shape[:2]
        image = _centre(image, int(height * recipe.crop_fraction), int(width * recipe.crop_fraction))
        return cv2.resize(image, (recipe.size, recipe.size))
    return np.ascontiguousarray(_centre(cv2.resize(image, (recipe.resize_to,) * 2), recipe.size, recipe.size))


def _compiled(recipe: Recipe, hint: str) -> ov.CompiledModel:
    """The model with uint8 NHWC input, mean inside the graph, float32 execution."""
    core = ov.Core()
    model = core.read_model(recipe.model)
    nchw = model.input(0).partial_shape[1].is_static and model.input(0).partial_shape[1].get_length() == 3
    size = recipe.size
    model.reshape([1, 3, size, size] if nchw else [1, size, size, 3])
    preparation = ov.preprocess.PrePostProcessor(model)
    image = preparation.input()
    image.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    image.model().set_layout(ov.Layout("NCHW" if nchw else "NHWC"))
    if recipe.mean is not None:
        image.preprocess().convert_element_type(ov.Type.f32).mean(list(recipe.mean))
    options = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "f32"}
    return core.compile_model(preparation.build(), "CPU", options)


def _shared_out(paths: Sequence[Path], threads: int, work: Callable[[Path], object]) -> float:
    """Images per second of `work` with the paths shared out to threads."""

    def run(mine: Sequence[Path]) -> None:
        for path in mine:
            work(path)

    workers = [threading.Thread(target=run, args=(paths[number::threads],)) for number in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(paths) / (time.perf_counter() - started)
