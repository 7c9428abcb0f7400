"""Explanations of a word's tag by integrated gradients, which are exact because the first layer is a sum.

With a = W x + b, the score of tag k is z_k = U_k f(a) + c_k. On the straight path from the empty window (a = b), the
integrated gradient of unit j is the secant (f(a_j) − f(b_j)) / (a_j − b_j) for any f. So a part x_p of the window,
which adds W_p x_p to a, contributes ``Σ_j U_kj · secant_j · (W_p x_p)_j``, and the contributions add up to
z_k(x) − z_k(empty).

References
----------
Sundararajan et al. 2017 (integrated gradients, completeness); lecture L5-L7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fanlight.calculus import evaluate, function, gradient, symbol
from fanlight.entities.bioes import TagSet
from fanlight.errors import DataError
from fanlight.network.chain import forward_backward
from fanlight.network.windows import CONTEXT_PADDING

if TYPE_CHECKING:
    from fanlight.network.decoding import Network
    from fanlight.tagging.nearest_examples import Neighbour

Float = NDArray[Any]
Item = TypeVar("Item")
Padding = TypeVar("Padding")


@dataclass(frozen=True)
class WindowWord:
    """One position of the window.

    Attributes
    ----------
    position : int
        −c … c.
    text : str
        The word; empty outside the sentence.
    contribution : float
        Contribution to the tag's score, relative to an empty window.
    parts : dict of str to float
        Contribution of each part of x: word vector, feature tables, case context, token features.
    start, end : int
        Offsets of the word; outside the sentence, both are the offset at which a word would be inserted.
    inputs : dict of str to list of float
        The entries of x at this position, by part.
    """

    position: int
    text: str
    contribution: float
    parts: dict[str, float]
    start: int
    end: int
    inputs: dict[str, list[float]]


@dataclass(frozen=True)
class Unit:
    """A hidden unit j.

    Attributes
    ----------
    number : int
    activation : float
        h_j.
    contribution : float
        Contribution to the tag's score, relative to an empty window.
    weight : float
        u_j = ∂s/∂h_j.
    delta : float
        δ_j = ∂s/∂z_j = u_j f'(z_j), the local error signal.
    flows : list of float
        Contribution of each window position through this unit; they add up to `contribution`.
    words : list of (str, float)
        The words of the text with the unit's largest activations, and these.
    """

    number: int
    activation: float
    contribution: float
    weight: float
    delta: float
    flows: list[float]
    words: list[tuple[str, float]]


@dataclass(frozen=True)
class Explanation:
    """The explanation of a word's tag.

    Attributes
    ----------
    text : str
        The word.
    start, end : int
        Offsets of the word.
    tag : str
        The tag explained.
    scores, probabilities : dict of str to float
        Emission of each tag (L7), and its probability in the sentence.
    baseline : float
        The tag's score in an empty window.
    window : list of WindowWord
        The window; the contributions add up to ``scores[tag] - baseline``.
    units : list of Unit
        The hidden units with the largest contributions by magnitude.
    before, after : dict of str to float
        Scores of the transitions from each tag to this one and from this one to each tag, times the tag's probability
        at the neighbouring token.
    nearest : list of Neighbour
        Words of the training data with the most similar hidden layers, if the model keeps any (the setting `keep`).
    expression : str
        The tag's score as an expression of the calculus in the summands of the first layer.
    layer : dict of str to list
        Values of the symbols of `expression`: the columns a_k = W_k @ x_k + …, b, u, and c.
    """

    text: str
    start: int
    end: int
    tag: str
    scores: dict[str, float]
    probabilities: dict[str, float]
    baseline: float
    window: list[WindowWord]
    units: list[Unit]
    before: dict[str, float]
    after: dict[str, float]
    nearest: list[Neighbour]
    expression: str
    layer: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return values for JSON."""
        return asdict(self)

    def _repr_html_(self) -> str:
        """Return HTML for notebooks: the words of the window with their contributions as bars."""
        top = max(abs(word.contribution) for word in self.window) or 1.0
        cells = []
        for word in self.window:
            height, colour = 3 * abs(word.contribution) / top, "#2a7" if word.contribution > 0 else "#c53"
            bar = f'<div style="height: {height:.2f}em; background: {colour}"></div>'
            cells.append(
                f'<td style="vertical-align: bottom; text-align: center">{bar}{word.contribution:+.2f}<br>'
                f"<b>{escape(word.text) or '–'}</b></td>"
            )
        score, p = self.scores[self.tag], self.probabilities[self.tag]
        head = f"{escape(self.text)}: {escape(self.tag)}, probability {p:.3f}, score {score:.2f}"
        near = "".join(
            f"<li>{n.similarity:.2f} {escape(n.tag)}: {escape(n.sentence[: n.start])}"
            f"<b>{escape(n.sentence[n.start : n.end])}</b>{escape(n.sentence[n.end :])}</li>"
            for n in self.nearest
        )
        table = f"<table><caption>{head} = {self.baseline:.2f} + the words</caption><tr>{''.join(cells)}</tr></table>"
        return table + (f"<p>most like it in the training data:</p><ul>{near}</ul>" if near else "")


@dataclass(frozen=True)
class Inside:
    """The network's intermediate values for one token.

    Attributes
    ----------
    words : list of str
        The window, "" outside the sentence.
    offsets : list of (int, int)
        Start and end of each word.
    inputs : list of dict of str to float array
        The entries of x at each window position, by part.
    summands : list of dict of str to float array (m,)
        For each window position, the summand of a from each part.
    Z : float array (n, K)
        Emissions of the sentence.
    place : int
        Row of the token in Z.
    nearest : list of Neighbour
    text_words : list of str
        Every word of the text.
    hidden : float array (n, m)
        The hidden layer at each word.
    """

    words: list[str]
    offsets: list[tuple[int, int]]
    inputs: list[dict[str, Float]]
    summands: list[dict[str, Float]]
    Z: Float
    place: int
    nearest: list[Neighbour]
    text_words: list[str]
    hidden: Float


def explain(
    network: Network, inside: Inside, start: int, end: int, text: str, *, tag: str | None, most: int
) -> Explanation:
    """Explain a tag of one token, by default the most probable one.

    Raises
    ------
    DataError
        The tag does not exist, or the head is logistic.
    """
    configuration = network.configuration
    if configuration.head == "logistic":
        raise DataError("explain: the logistic head has a chain for each type, which is not explained yet")
    tags = TagSet(configuration.types).tags
    if tag is not None and tag not in tags:
        raise DataError(f"explain: there is no tag {tag!r}; there are {', '.join(tags)}")
    ((_, Z, A),) = network.chains(inside.Z)
    marginals = forward_backward(Z.astype(np.float64), A, np.array([0, len(Z)]), compiled=False).marginals
    chosen = int(marginals[inside.place].argmax()) if tag is None else tags.index(tag)
    p = network.parameters
    b, U, c = (p[name].astype(np.float64) for name in ("b", "U", "c"))
    a = b + sum(part[:, None] for parts in inside.summands for part in parts.values())
    slopes = secants(configuration.activation, a[:, 0], b[:, 0])
    weights = U[chosen] * slopes
    window = []
    for k, (word, parts) in enumerate(zip(inside.words, inside.summands, strict=True)):
        shares = {name: float(weights @ part) for name, part in parts.items()}
        inputs = {name: np.asarray(values, float).tolist() for name, values in inside.inputs[k].items()}
        window.append(
            WindowWord(k - configuration.radius, word, sum(shares.values()), shares, *inside.offsets[k], inputs)
        )
    f = _activation(configuration.activation, a)[:, 0]
    gains = U[chosen] * (f - _activation(configuration.activation, b)[:, 0])
    order = np.argsort(-np.abs(gains))[:most]
    flows = np.stack([weights * np.sum([*parts.values()], axis=0) for parts in inside.summands], axis=1)
    delta = U[chosen] * derivatives(configuration.activation, a)
    units = _units(inside, order, np.stack([f, gains, U[chosen], delta], axis=1), flows)
    K, terms = len(tags), [*(f"a_{k}" for k in range(configuration.positions)), "b"]
    layer: dict[str, Any] = {
        f"a_{k}": np.sum([*parts.values()], axis=0)[:, None].tolist() for k, parts in enumerate(inside.summands)
    }
    layer |= {"b": b.tolist(), "u": U[chosen][:, None].tolist(), "c": c[chosen].tolist()}
    before = marginals[inside.place - 1] if inside.place else None
    after = marginals[inside.place + 1] if inside.place + 1 < len(Z) else None
    return Explanation(
        text,
        start,
        end,
        tags[chosen],
        dict(zip(tags, map(float, Z[inside.place]), strict=True)),
        dict(zip(tags, map(float, marginals[inside.place]), strict=True)),
        float(U[chosen] @ _activation(configuration.activation, b)[:, 0] + c[chosen, 0]),
        window,
        units,
        _shares(A[:K, chosen], before, tags) if before is not None else {"border": float(A[K, chosen])},
        _shares(A[chosen, :K], after, tags) if after is not None else {"border": float(A[chosen, K])},
        inside.nearest,
        f"u.T @ {configuration.activation}({' + '.join(terms)}) + sum(c)",
        layer,
    )


def secants(activation: str, a: Float, b: Float) -> Float:
    """Return (f(a) − f(b)) / (a − b) for each unit, or the derivative if a = b.

    Examples
    --------
    >>> secants("relu", np.array([2.0, -1.0]), np.array([-2.0, -3.0])).tolist()
    [0.5, 0.0]
    """
    same = np.abs(a - b) < 1e-9
    slope = derivatives(activation, a[:, None])
    rise = (_activation(activation, a[:, None]) - _activation(activation, b[:, None]))[:, 0]
    quotient: Float = np.where(same, slope, rise / np.where(same, 1, a - b))
    return quotient


def derivatives(activation: str, a: Float) -> Float:
    """Return f'(a) (m,) for the units' inputs a (m, 1), with the gradient from the calculus.

    Examples
    --------
    >>> derivatives("relu", np.array([[2.0], [-1.0]])).tolist()
    [1.0, 0.0]
    """
    x = symbol("x", a.shape)
    return np.reshape(evaluate(gradient(function("sum")(function(activation)(x)), "x"), {"x": a}), len(a))


def _units(inside: Inside, order: Float, columns: Float, flows: Float) -> list[Unit]:
    """Return the units in `order`; `columns` (m, 4): activation, contribution, weight, δ; `flows` (m, 2c + 1)."""
    units = []
    for j in map(int, order):
        activation, contribution, weight, delta = columns[j].tolist()
        units.append(Unit(j, activation, contribution, weight, delta, flows[j].tolist(), _exciting_words(inside, j)))
    return units


def _exciting_words(inside: Inside, unit: int, most: int = 6) -> list[tuple[str, float]]:
    """Return the distinct words of the text with the largest activations of a unit."""
    activations: dict[str, float] = {}
    for row in np.argsort(-inside.hidden[:, unit], kind="stable"):
        activations.setdefault(inside.text_words[row], float(inside.hidden[row, unit]))
        if len(activations) == most:
            break
    return list(activations.items())


def summands(
    network: Network, k: int, vector: Float, case_context: int | None, document_features: Mapping[str, Float]
) -> dict[str, Float]:
    """Return the summands of a from window position k, by part.

    Parameters
    ----------
    network : Network
    k : int
        0 … 2c.
    vector : float array (d,)
        The word type's vector.
    case_context : int or None
        `CONTEXT_PADDING` outside the sentence; None if the network has no context embeddings.
    document_features : mapping of str to float array
        Token features by name, in the order of E_k's columns.
    """
    p = network.parameters
    W = p[f"W_{k}"].astype(np.float64)
    configuration = network.configuration
    parts, column = {}, 0
    for name in configuration.seen_at(k):
        values = vector[configuration.columns[name]]
        if len(values):
            parts[name] = W[:, column : column + len(values)] @ values
        column += len(values)
    if case_context is not None:
        parts["context"] = p[f"G_{k}"].astype(np.float64) @ p["contexts"][case_context]
    column = 0
    for name, values in document_features.items():
        parts[name] = p[f"E_{k}"].astype(np.float64)[:, column : column + len(values)] @ values
        column += len(values)
    return parts


def inputs_of(
    network: Network, k: int, vector: Float, case_context: int | None, features: Mapping[str, Float]
) -> dict[str, Float]:
    """Return the entries of x at window position k, by part; see `summands` for the parameters."""
    configuration = network.configuration
    inputs = {name: vector[configuration.columns[name]] for name in configuration.seen_at(k)}
    if case_context is not None:
        inputs["context"] = network.parameters["contexts"][case_context]
    return {name: values for name, values in {**inputs, **features}.items() if len(values)}


def take_window(items: Sequence[Item], place: int, radius: int, padding: Padding) -> list[Item | Padding]:
    """Return the window of a list around index `place`, with padding."""
    return [items[u] if 0 <= u < len(items) else padding for u in range(place - radius, place + radius + 1)]


def padding_context(network: Network) -> int | None:
    """Return the case context of positions outside the sentence, None if the network has no context embeddings."""
    return CONTEXT_PADDING if network.configuration.context_width else None


def _activation(name: str, x: Float) -> Float:
    return np.reshape(evaluate(function(name)(symbol("x", x.shape)), {"x": x}), x.shape)


def _shares(scores: Float, probabilities: Float, tags: Sequence[str]) -> dict[str, float]:
    return {tag: float(s * p) for tag, s, p in zip(tags, scores, probabilities, strict=True) if p > 1e-4}
