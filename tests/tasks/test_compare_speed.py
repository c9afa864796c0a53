"""Comparing the speed of two models of a workspace."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accubench.errors import Cancelled, UsageError
from accubench.inference import find_target
from accubench.records.model import Model
from accubench.records.progress import Progress
from accubench.storage import Store
from accubench.tasks.compare_speed import compare_speed
from accubench.tasks.surroundings import Surroundings
from accubench.workspace import Workspace
from small_world import write_model


class World:
    """Two models in a workspace, and a task's surroundings there."""

    def __init__(self, folder: Path) -> None:
        workspace = Workspace(folder)
        self.parent: Model = workspace.model(write_model(folder / "parent.onnx"))
        self.optimised: Model = workspace.model(write_model(folder / "optimised.onnx", softmax=True))
        self.store = Store(folder)
        self.heard: list[Progress] = []

    def surroundings(self, cancelled: Callable[[], bool] = lambda: False) -> Surroundings:
        return Surroundings(
            store=self.store,
            now=lambda: datetime.now(UTC),
            clock=time.perf_counter,
            entropy=secrets.token_bytes,
            progress=self.heard.append,
            cancelled=cancelled,
        )

    def compare(self, *, rounds: int = 2, seconds: float = 0.05, **more: Callable[[], bool]):
        return compare_speed(
            self.surroundings(**more),
            self.optimised,
            self.parent,
            target=find_target("CPU"),
            rounds=rounds,
            seconds=seconds,
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "workspace")
    yield world
    world.store.close()


def test_both_figures_have_as_many_rounds_as_asked_for(world: World) -> None:
    speed = world.compare(rounds=3)

    assert [(figure.hint, figure.figure) for figure in speed.figures] == [
        ("throughput", "images_per_second"),
        ("latency", "latency_ms"),
    ]
    assert all(len(figure.ratio.rounds) == 3 for figure in speed.figures)
    assert all(min(figure.optimised.rounds + figure.parent.rounds) > 0 for figure in speed.figures)
    assert speed.seconds == 0.05
    assert speed.execution_precisions == ("f32", "f32")


def test_progress_counts_every_run_up_to_the_total(world: World) -> None:
    world.compare(rounds=2)

    counted = [(each.done, each.total) for each in world.heard if each.total]
    assert counted == [(done, 8) for done in range(9)]


def test_cancelling_frees_the_device(world: World) -> None:
    started = time.perf_counter()
    with pytest.raises(Cancelled):
        world.compare(seconds=60, cancelled=lambda: time.perf_counter() - started > 1)

    assert time.perf_counter() - started < 30
    assert world.compare(rounds=1).figures  # nobody holds the target's lock any more


@pytest.mark.parametrize(("rounds", "seconds"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, -1.0), (1, float("nan"))])
def test_measuring_nothing_is_refused(world: World, rounds: int, seconds: float) -> None:
    with pytest.raises(UsageError, match="cannot be measured"):
        world.compare(rounds=rounds, seconds=seconds)
