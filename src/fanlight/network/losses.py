"""Losses as expressions over the emissions Z (N, K) of a batch (lecture L8), a mean over its N tokens.

==============  ================================================================================
likelihood      log_partition(Z, A + L, starts) − sum(Y * Z) − sum(C * A)      linear chain, L3
cross-entropy   sum(logsumexp_rows(Z)) − sum(Y * Z)                            softmax, L3
logistic        sum(softplus(Z)) − sum(Y * Z)                                  one against the rest, L2
margin          sum(Y * relu(1 − Z + rows(Z, r)))                              true against corrupted window
==============  ================================================================================

With partial annotation, the loss is that of any of the allowed tags: P (N, K) is 0 for allowed tags and very negative
for others; Q (N, K) is 0 for labels that the logistic head ignores, else 1.

==============  ================================================================================
likelihood      log_partition(Z, A + L, starts) − log_partition(Z + P, A + L, starts)
cross-entropy   sum(logsumexp_rows(Z)) − sum(logsumexp_rows(Z + P))
logistic        sum(Q * softplus(Z)) − sum(Y * Z)
==============  ================================================================================

Y (N, K) is 1 for gold tags, C (K+1, K+1) counts the gold paths' transitions, L is 0 for legal transitions and very
negative for others. The corrupted window of token n is the window of a random token r[n] with another tag; Y is zero if
none was drawn.

References
----------
Lecture L2, L3, L8; Collobert & Weston 2008 (ranking against corrupted windows); Lafferty et al. 2001; Tsuboi et al.
2008 (partial annotation).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus import Expression, Operation, function, register, symbol
from fanlight.calculus.operations import F
from fanlight.network.chain import ILLEGAL, Messages, forward_backward, legal_transitions
from fanlight.network.configuration import Configuration

Int = NDArray[np.int64]

UNKNOWN = 5  # label of the logistic head for unannotated types; 0 is O, 1 to 4 are B, I, E, S


def _messages(Z: NDArray[Any], A: NDArray[Any], sentence_offsets: Int) -> Messages:
    """Compute messages by the kernel, as in a compiled program."""
    return forward_backward(Z, A, sentence_offsets, compiled=True)


# The linear chain as operations of the calculus: its log-partition, and the two gradients, which are marginals.
register(
    Operation(
        "log_partition",
        lambda Z, A, sentence_offsets: forward_backward(Z, A, sentence_offsets).log_partition,
        lambda Z, A, sentence_offsets: (),
        lambda up, out, Z, A, sentence_offsets: (
            up * F.tag_marginals(Z, A, sentence_offsets),
            up * F.transition_marginals(Z, A, sentence_offsets),
            None,
        ),
        joint=_messages,
        part=0,
    )
)
register(
    Operation(
        "tag_marginals",
        lambda Z, A, sentence_offsets: forward_backward(Z, A, sentence_offsets).marginals,
        lambda Z, A, sentence_offsets: Z,
        joint=_messages,
        part=1,
    )
)
register(
    Operation(
        "transition_marginals",
        lambda Z, A, sentence_offsets: forward_backward(Z, A, sentence_offsets).pairs,
        lambda Z, A, sentence_offsets: A,
        joint=_messages,
        part=2,
    )
)

log_partition, logsumexp_rows, relu, rows, softplus, total = map(
    function, ("log_partition", "logsumexp_rows", "relu", "rows", "softplus", "sum")
)


def _likelihood(Z: Expression, Y: Expression) -> Expression:
    A, L, C = (symbol(name, ("K + 1", "K + 1")) for name in ("A", "L", "C"))
    return log_partition(Z, A + L, symbol("starts", ("S + 1",))) - total(Y * Z) - total(C * A)


def _marginal_likelihood(Z: Expression, Y: Expression) -> Expression:
    A, L = (symbol(name, ("K + 1", "K + 1")) for name in ("A", "L"))
    sentence_offsets = symbol("starts", ("S + 1",))
    return log_partition(Z, A + L, sentence_offsets) - log_partition(
        Z + symbol("P", ("N", "K")), A + L, sentence_offsets
    )


_LOSSES: dict[str, Callable[[Expression, Expression], Expression]] = {
    "likelihood": _likelihood,
    "cross-entropy": lambda Z, Y: total(logsumexp_rows(Z)) - total(Y * Z),
    "logistic": lambda Z, Y: total(softplus(Z)) - total(Y * Z),
    "margin": lambda Z, Y: total(Y * relu(1 - Z + rows(Z, symbol("r", ("N",))))),
}


_PARTIAL: dict[str, Callable[[Expression, Expression], Expression]] = {
    "likelihood": _marginal_likelihood,
    "cross-entropy": lambda Z, Y: total(logsumexp_rows(Z)) - total(logsumexp_rows(Z + symbol("P", ("N", "K")))),
    "logistic": lambda Z, Y: total(symbol("Q", ("N", "K")) * softplus(Z)) - total(Y * Z),
    "margin": _LOSSES["margin"],
}


def loss_of(emission: Expression, configuration: Configuration, partial: bool = False) -> Expression:
    """Return the loss (a scalar) of emissions Z (N, K)."""
    Y = symbol("Y", ("N", "K"))
    return symbol("share", ()) * (_PARTIAL if partial else _LOSSES)[configuration.loss](emission, Y)


def loss_inputs(
    configuration: Configuration,
    tags: Int,
    sentence_offsets: Int,
    rng: np.random.Generator,
    allowed: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Return the arrays for the symbols of the loss, given gold labels.

    Parameters
    ----------
    configuration : Configuration
    tags : int array (N,), or (N, types) for the logistic head
        Labels of `training.labels`.
    sentence_offsets : int array (S+1,)
        First token of each sentence, and N.
    rng : Generator
        Draws the corrupted windows.
    allowed : bool array (labels, K), optional
        For partial annotation: the tags that each label allows.
    """
    count, K = len(tags), configuration.tags
    inputs: dict[str, Any] = {"share": np.float32(1 / count)}
    if configuration.loss == "likelihood":
        inputs |= {"starts": sentence_offsets, "L": legal_transitions(configuration.types)}
    if configuration.head == "logistic":
        Y = tag_marks(configuration, tags)
        unknown = np.repeat(tags == UNKNOWN, 4, axis=1)
        if configuration.loss == "margin":
            inputs["r"] = rng.integers(0, count, count)
            Y *= 1 - np.maximum(Y, unknown)[inputs["r"]]
        elif allowed is not None:
            inputs["Q"] = np.where(unknown, np.float32(0), np.float32(1))
        return inputs | {"Y": Y}
    if allowed is not None:
        return inputs | {"P": np.where(allowed, np.float32(0), np.float32(ILLEGAL))[tags]}
    if configuration.loss == "likelihood":
        inputs["C"] = transition_counts(tags, sentence_offsets, K)
    return inputs | {"Y": tag_marks(configuration, tags)}


def tag_marks(configuration: Configuration, tags: Int) -> NDArray[np.float32]:
    """Return Y (N, K): 1 for gold tags, else 0."""
    count, K = len(tags), configuration.tags
    if configuration.head == "logistic":
        return np.asarray((tags[:, :, None] == np.arange(1, 5)).reshape(count, K), np.float32)
    Y = np.zeros((count, K), np.float32)
    Y[np.arange(count), tags] = 1
    return Y


def transition_counts(tags: Int, sentence_offsets: Int, K: int) -> NDArray[np.float32]:
    """Count the transitions (K+1, K+1) of tag paths, including those of the boundary (index K)."""
    before = np.append(K, tags[:-1])
    before[sentence_offsets[:-1]] = K
    counts = np.zeros((K + 1, K + 1), np.float32)
    ends = tags[sentence_offsets[1:] - 1]
    np.add.at(counts, (np.append(before, ends), np.append(tags, np.full(len(ends), K))), 1)
    return counts
