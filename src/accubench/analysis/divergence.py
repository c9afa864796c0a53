"""How far one model's probabilities are from another's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accubench.analysis.calibration import LEAST_PROBABILITY
from accubench.analysis.matched_classes import MatchedClasses

__all__ = ["kl_divergence"]


def kl_divergence(
    optimised_nc: NDArray[np.float64], parent_nc: NDArray[np.float64], matched: MatchedClasses
) -> NDArray[np.float64]:
    """The Kullback-Leibler divergence of the optimised model's probabilities from the parent's, per image, in nats.

    With p the probabilities of the parent and q those of the optimised model, both over the classes that the two have
    in common and divided by their sum over these, it is ``sum p (ln p - ln q)``. Within the logarithms probabilities
    below 1e-12 are taken as that, as in `negative_log_likelihood`, so that one class which the optimised model rules
    out does not make it infinite.
    Source: S. Kullback, R. A. Leibler, On information and sufficiency, Annals of Mathematical Statistics 22 (1951),
    79-86.

    Args:
        optimised_nc: Probabilities of the optimised model, shape (images, its classes).
        parent_nc: Probabilities of its parent, shape (images, its classes).
        matched: Which classes are the same.

    Returns:
        float64 of shape (images,), 0 or more; NaN where a model gives no probability at all to the common classes.

    >>> same = MatchedClasses.of([0, 1], 2)
    >>> kl_divergence(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[0.5, 0.5], [0.5, 0.5]]), same).round(3).tolist()
    [0.0, 13.122]
    """
    p_nc = _over_common(parent_nc, None if matched.same else matched.parent)
    log_q_nc = _over_common(optimised_nc, None if matched.same else matched.optimised)
    np.log(np.maximum(log_q_nc, LEAST_PROBABILITY, out=log_q_nc), out=log_q_nc)
    terms_nc = np.maximum(p_nc, LEAST_PROBABILITY)
    np.log(terms_nc, out=terms_nc)
    terms_nc -= log_q_nc
    terms_nc *= p_nc
    # Never negative in theory; rounding, and the floor of the logarithms, could take it just below 0.
    return np.maximum(terms_nc.sum(axis=1), 0.0)


def _over_common(probabilities_nc: NDArray[np.float64], common: NDArray[np.intp] | None) -> NDArray[np.float64]:
    """A copy of some of the columns, or all, that sums to 1 in each row; NaN where they hold nothing."""
    chosen_nc = probabilities_nc if common is None else probabilities_nc[:, common]
    sums_n1 = chosen_nc.sum(axis=1, keepdims=True)
    return chosen_nc / np.where(sums_n1 > 0, sums_n1, np.nan)
