"""Quantising a network to INT8 while its accuracy stays within a goal: NNCF's accuracy-aware method, with all scores.

NNCF quantises the network, ranks its layers by how much accuracy comes back with each, and reverts one after the other
to floating point until the goal is reached. It forgets the candidates on its way and returns the last one; here each
candidate's outcome is kept, for each image, and the best candidate is returned.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from accubench.errors import UsageError
from accubench.optimization.apart import Apart, Listener
from accubench.optimization.nncf_runtime import load_nncf
from accubench.optimization.operations import quantized_operations
from accubench.optimization.quantizing import Images, prepared_copy, quantize_apart, working_apart
from accubench.records.quantization import AccuracyGoal, QuantizationSettings

__all__ = ["GoalResult", "TriedCandidate", "quantize_to_goal"]

Validate = Callable[[Any], NDArray[np.float64]]
_STAGE = "trying candidates"


class ValidateRows(Protocol):
    """Validates a network on some of the images."""

    def __call__(self, network: Any, rows_m: NDArray[np.int64], /) -> NDArray[np.float64]:
        """1.0 for each image of `rows_m` that is right, 0.0 for each that is wrong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedCandidate:
    """A network that was tried."""

    number: int
    """0 for the fully quantised network, then in the order tried."""
    layers_in_floating_point: tuple[str, ...]
    """Operations that compute in INT8 in the fully quantised network and in floating point here."""
    right_n: NDArray[np.bool_]
    """Shape (validation images,): which are right."""
    reached: bool
    """Whether it loses no more than the goal allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalResult:
    """What came out of the search."""

    network: Any
    """The best candidate: an `openvino.Model` with weights stored as INT8."""
    candidates: tuple[TriedCandidate, ...]
    chosen: int
    """Number of the best candidate."""
    reached: bool
    """Whether the best candidate reaches the goal."""
    parent_right_n: NDArray[np.bool_]
    """Shape (validation images,): which are right by the network before quantisation."""


def quantize_to_goal(
    network: Any,
    images: Images,
    *,
    settings: QuantizationSettings,
    validate: Validate,
    listen: Listener,
    cancelled: Callable[[], bool],
    validate_rows: ValidateRows | None = None,
) -> GoalResult:
    """Quantise a network to INT8, and revert layers to floating point until the goal of `settings` is reached.

    The best candidate is the first that reaches the goal; without one, that with most images right and, of several,
    with fewest layers in floating point. A network with nothing left in INT8 is the parent again and no candidate.

    Args:
        network: An `openvino.Model`; it stays as it is.
        images: Batches exactly as the network's input takes them, for calibration.
        settings: Preset, ignored layers and goal.
        validate: Gives for a network which validation images it has right: shape (n,), 1.0 right, 0.0 wrong.
            Called in the calling thread; first with `network` itself, then with every candidate.
        listen: Told of progress, in the calling thread.
        cancelled: Asked at least ten times a second, but not within `validate`.
        validate_rows: The same for some rows of the validation images. Ranking asks for a few hundred of them per
            layer; where this is not given, all are validated each time.

    Raises:
        UsageError: The settings have no goal, there is no image, or no layer of the name of an ignored one.
        UnsupportedModelError: The network is quantised already, or NNCF cannot quantise it.
        Cancelled: `cancelled` said so.
    """
    goal = settings.goal
    if goal is None:
        raise UsageError("The accuracy-aware method needs a goal: the greatest drop of accuracy to accept.")
    copy = prepared_copy(network, images, settings)
    parent_right_n = _right(validate(network))

    def search(apart: Apart[Any]) -> GoalResult:
        judge = _Judge(apart, parent_right_n, goal, validate, validate_rows)
        _search(apart, copy, images, settings, judge)
        return judge.result()

    return working_apart(search, listen, cancelled)


def allowed_loss(goal: AccuracyGoal, parent_right: int, n: int) -> int:
    """How many right images fewer than its parent a candidate may have; whole images, so that no rounding decides.

    >>> allowed_loss(AccuracyGoal(max_drop=0.01), 80, 100), allowed_loss(AccuracyGoal(max_drop=0.29), 80, 100)
    (1, 29)
    >>> allowed_loss(AccuracyGoal(max_drop=0.05, drop_type="relative"), 335, 500)
    16
    """
    base = n if goal.drop_type == "absolute" else parent_right
    return int(np.floor(goal.max_drop * base + 1e-9))  # 0.29 * 100 is 28.999999999999996


def _search(apart: Apart[Any], copy: Any, images: Images, settings: QuantizationSettings, judge: _Judge) -> None:
    """NNCF's own search, from its parts: it offers the whole only without a word on what it tries."""
    nncf = load_nncf()
    algorithm = importlib.import_module("nncf.quantization.algorithms.accuracy_control.algorithm")
    quantized = quantize_apart(apart, copy, images, settings, backend_params={"compress_weights": False})
    right, values = judge.validate(quantized)
    if judge.reached:
        return
    parent_values = judge.parent_right_n.astype(float).tolist()
    restorer = algorithm.QuantizationAccuracyRestorer(
        ranking_subset_size=len(images),  # as nncf.quantize_with_accuracy_control has it
        max_drop=judge.allowed_loss,
        drop_type=nncf.DropType.ABSOLUTE,
        num_ranking_workers=1,  # further threads would be NNCF's own, not to be interrupted
    )
    restorer.apply(
        copy,
        algorithm.MetricResults(sum(parent_values), parent_values, preparation_time=0.0, validation_time=0.0),
        quantized,
        algorithm.MetricResults(right, values, preparation_time=0.0, validation_time=0.0),
        nncf.Dataset(range(len(parent_values))),
        len(parent_values),
        judge,
    )


class _Judge:
    """Stands where NNCF has its `Evaluator`: says how good networks are, and keeps what it said.

    NNCF's metric is the number of images right, and its data items are rows of the validation images.
    """

    def __init__(
        self,
        apart: Apart[Any],
        parent_right_n: NDArray[np.bool_],
        goal: AccuracyGoal,
        validate: Validate,
        validate_rows: ValidateRows | None,
    ) -> None:
        self.parent_right_n = parent_right_n
        self.allowed_loss = allowed_loss(goal, int(parent_right_n.sum()), len(parent_right_n))
        self._apart, self._validate, self._validate_rows = apart, validate, validate_rows
        self._candidates: list[TriedCandidate] = []
        self._quantized: tuple[str, ...] = ()
        self._best: TriedCandidate | None = None
        self._best_network: Any = None

    @property
    def reached(self) -> bool:
        """Whether a candidate reaches the goal."""
        return self._best is not None and self._best.reached

    def result(self) -> GoalResult:
        """Everything that was found."""
        assert self._best is not None  # the fully quantised network is always tried
        return GoalResult(
            network=self._best_network,
            candidates=tuple(self._candidates),
            chosen=self._best.number,
            reached=self._best.reached,
            parent_right_n=self.parent_right_n,
        )

    def is_metric_mode(self) -> bool:
        """Values are outcomes of images, not the network's outputs."""
        return True

    def prepare_model(self, network: Any) -> Any:
        """NNCF would compile the network; it is we who infer."""
        return network

    def validate(self, network: Any, dataset: Any = None) -> tuple[float, list[float]]:  # noqa: ARG002
        """Try a candidate: how many images are right, and for each image whether it is."""
        operations = quantized_operations(network)
        if self._candidates and not operations:
            return float(self.parent_right_n.sum()), self.parent_right_n.astype(float).tolist()
        if not self._candidates:
            self._quantized = operations
        # What is validated is what may be returned, to the last bit of its weights.
        candidate_network = _with_int8_weights(network)
        right_n = _right(self._apart.ask(lambda: self._validate(candidate_network)))
        self._keep(candidate_network, operations, right_n)
        return float(right_n.sum()), right_n.astype(float).tolist()

    def validate_prepared_model(self, network: Any, dataset: Any, indices: Iterable[int]) -> tuple[float, list[float]]:  # noqa: ARG002
        """Validate a network on some rows, for the ranking of layers."""
        rows_m = np.fromiter(indices, np.int64)
        validate_rows = self._validate_rows
        if validate_rows is None:
            right_m = _right(self._apart.ask(lambda: self._validate(network)))[rows_m]
        else:
            right_m = _right(self._apart.ask(lambda: validate_rows(network, rows_m)))
        return float(right_m.sum()), right_m.astype(float).tolist()

    def _keep(self, network: Any, operations: tuple[str, ...], right_n: NDArray[np.bool_]) -> None:
        reverted = set(self._quantized) - set(operations)
        candidate = TriedCandidate(
            number=len(self._candidates),
            layers_in_floating_point=tuple(name for name in self._quantized if name in reverted),
            right_n=right_n,
            reached=int(self.parent_right_n.sum()) - int(right_n.sum()) <= self.allowed_loss,
        )
        self._candidates.append(candidate)
        if self._best is None or _merit(candidate) > _merit(self._best):
            self._best, self._best_network = candidate, network
        self._apart.tell(_STAGE, len(self._candidates), None)


def _merit(candidate: TriedCandidate) -> tuple[bool, int, int]:
    """Greater for a better candidate; of those that reach the goal, fewer layers in floating point are better."""
    right = 0 if candidate.reached else int(candidate.right_n.sum())
    return candidate.reached, right, -len(candidate.layers_in_floating_point)


def _right(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(values) > 0.5


def _with_int8_weights(network: Any) -> Any:
    """A copy of a network of NNCF's search with weights stored as INT8: there they are kept as they were."""
    compress = importlib.import_module("openvino._offline_transformations").compress_quantize_weights_transformation
    copy = network.clone()
    compress(copy)
    return copy
