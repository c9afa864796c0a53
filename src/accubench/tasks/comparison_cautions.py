"""What the numbers of two models side by side make an experienced reader suspect, said as warnings."""

from __future__ import annotations

from collections.abc import Iterator

from accubench.errors import Finding
from accubench.records.report import EvaluatedModel
from accubench.tasks.cautions import cautions
from accubench.tasks.paired_predictions import ScoredPair
from accubench.tasks.scoring import ScoredModel

__all__ = ["pair_cautions"]

_FEW_IMAGES = 100


def pair_cautions(pair: ScoredPair, models: tuple[EvaluatedModel, EvaluatedModel]) -> tuple[Finding, ...]:
    """Warnings about two models on the same images; empty where nothing is suspicious.

    Args:
        pair: What was compared.
        models: The records of both, with summaries over the images compared.
    """
    found = [*pair.optimised.wanted.dataset.findings, *_of_models(pair, models), *_of_both(pair, models)]
    return tuple(dict.fromkeys(found))


def _of_models(pair: ScoredPair, models: tuple[EvaluatedModel, EvaluatedModel]) -> Iterator[Finding]:
    """What each evaluation says for itself, with the name of its model before it."""
    for scored, evaluated in zip((pair.optimised, pair.parent), models, strict=True):
        for finding in (*scored.tabulated.doubts, *_suspicions(scored, evaluated)):
            yield _warning(finding.code, f"{evaluated.model_name}: {finding.message}")


def _suspicions(scored: ScoredModel, evaluated: EvaluatedModel) -> tuple[Finding, ...]:
    wanted, resolved = scored.wanted, scored.resolved
    found = cautions(
        evaluated.summary, evaluated.scored_class_count, resolved.configuration, wanted.model, mapping=resolved.mapping
    )
    return () if not evaluated.summary.n else found


def _of_both(pair: ScoredPair, models: tuple[EvaluatedModel, EvaluatedModel]) -> Iterator[Finding]:
    ours, theirs = models
    n = ours.summary.n
    if n == 0:
        yield _warning(
            "nothing-compared",
            "There is no image that both models were evaluated on, so nothing was compared: see the reasons beside the "
            "images.",
        )
    elif n < _FEW_IMAGES:
        yield _warning(
            "few-images",
            f"Only {n} image{' was' if n == 1 else 's were'} compared: intervals are wide, and a small difference "
            "cannot be told from none.",
        )
    if pair.optimised.wanted.model.content_sha256 == pair.parent.wanted.model.content_sha256:
        yield _warning("same-model", "Both models have the same content: a model was compared with itself.")
    if pair.n_calibration:
        yield _warning(
            "calibration-images-included",
            f"{pair.n_calibration} of the images were used to calibrate the optimised model: on them it agrees with "
            "its parent more than on others.",
        )
    if ours.configuration.configuration.preprocessing != theirs.configuration.configuration.preprocessing:
        yield _warning(
            "different-preprocessing",
            "Images were prepared differently for both models: a difference may come from that, not from the "
            "optimisation.",
        )
    if ours.execution_text != theirs.execution_text:
        yield _warning(
            "different-precision",
            f"{ours.model_name} was executed by {ours.execution_text}, {theirs.model_name} by {theirs.execution_text}.",
        )


def _warning(code: str, message: str) -> Finding:
    return Finding(code=code, message=message, severity="warning")
