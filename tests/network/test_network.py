"""The network as an equation: heads, losses, the block identity, and the compiled program."""

from dataclasses import replace

import numpy as np
import pytest

from fanlight.calculus import check_gradient, compile, evaluate, gradient
from fanlight.calculus.numeric import central_differences
from fanlight.calculus.operations import TABLE
from fanlight.network import decoding
from fanlight.network.architecture import emissions, equation, loss, mask
from fanlight.network.configuration import ACTIVATIONS, HEADS
from fanlight.network.inputs import WordTypes, table_inputs, window_inputs
from fanlight.network.losses import loss_inputs
from fanlight.network.parameters import first_parameters
from fanlight.text.features import PADDING, Group
from tests.networks import GROUPS, LEXICON, build_configuration

REACHING = (replace(GROUPS[0], reach=1), replace(GROUPS[1], reach=0), Group("ngram", 30, 2, ("ngrams",)))
WORDS = ["Ada", "saw", "Paris", "and", "New", "York", "again"]
SENTENCES = [[0, 1, 2, 3, 4, 5], [2, 6], [5]]


def inputs_of(configuration, rng, dtype=np.float64):
    """A small batch of three sentences, with every symbol's array."""
    ids = np.array([i + 1 for s in SENTENCES for i in s])
    sentence_offsets = np.cumsum([0, *(len(s) for s in SENTENCES)])
    parameters = {n: p.astype(dtype) for n, p in first_parameters(configuration, rng).items()}
    for name in ("b", "c", "A"):
        if name in parameters:
            parameters[name] = rng.normal(size=parameters[name].shape)
    types = WordTypes.of([PADDING, *WORDS], configuration, LEXICON)
    needed, arrays = table_inputs(types, configuration, np.arange(len(types.words)))
    arrays |= window_inputs(configuration, ids, rng.integers(0, 64, len(ids)), sentence_offsets, 0)
    for name, rows in needed.items():
        arrays[name] = LEXICON.vectors(rows).astype(dtype) if name == "vectors" else parameters[name][rows]
    gold = np.array([8, 0, 4, 0, 1, 3, 4, 0, 4])
    if configuration.head == "logistic":
        gold = np.stack([np.where(gold > 4, 0, gold), np.where(gold > 4, gold - 4, 0)], axis=1)
    arrays = {**parameters, **arrays, **loss_inputs(configuration, gold, sentence_offsets, rng)}
    arrays["M"] = rng.uniform(0, 2, (len(ids), configuration.hidden))
    scales = rng.uniform(0, 2, (len(types.words), configuration.width))
    for k in range(configuration.positions):
        arrays[mask(configuration, k)] = scales[:, configuration.columns_at(k)]
    return arrays


CASES = [(head, which, activation) for head, losses in HEADS.items() for which in losses for activation in ACTIVATIONS]


@pytest.mark.parametrize(("head", "which", "activation"), CASES)
def test_every_gradient_of_every_head_and_loss(head, which, activation):
    configuration = build_configuration(head, which, activation)
    point = inputs_of(configuration, np.random.default_rng(4))
    expression = loss(configuration)
    names = [*first_parameters(configuration, np.random.default_rng(0)), "vectors"]
    for name, actual in zip(names, gradient(expression, names), strict=True):
        numeric = central_differences(lambda x, name=name: float(evaluate(expression, {**point, name: x})), point[name])
        np.testing.assert_allclose(
            evaluate(actual, point), numeric, atol=1e-6, err_msg=f"{head} {which} {activation} {name}"
        )


@pytest.mark.parametrize("head", HEADS)
def test_the_compiled_program_equals_the_plain_one(head):
    configuration = build_configuration(head, radius=2)
    expression = loss(configuration)
    names = [*first_parameters(configuration, np.random.default_rng(0)), "vectors"]
    outputs = {"loss": expression, **dict(zip(names, gradient(expression, names), strict=True))}
    point = inputs_of(configuration, np.random.default_rng(5))
    for dtype, tolerance in ((np.float64, 1e-11), (np.float32, 1e-4)):
        compiled, plain = compile(outputs, dtype)(point), compile(outputs, dtype, "numpy")(point)
        for name in outputs:
            np.testing.assert_allclose(compiled[name], plain[name], atol=tolerance, err_msg=name)


def test_the_batch_is_the_lectures_equation_at_every_word():
    """W @ x + b of each window, word by word, against the gathered products of the distinct words."""
    configuration = build_configuration(radius=1)
    point = inputs_of(configuration, np.random.default_rng(6))
    Z = evaluate(emissions(configuration), point)
    formula = equation(configuration)
    V = np.concatenate(
        [point["vectors"][point["vectors_rows"]]]
        + [
            np.array([t[point[f"{g}_ids"][a:b]].sum(0) for a, b in zip(o[:-1], o[1:], strict=True)])
            for g in ("form", "affix")
            for t, o in [(point[g], point[f"{g}_offsets"])]
        ],
        axis=1,
    )
    for n in range(len(Z)):
        window = {f"x_{k}": V[point[f"i_{k}"][n]] for k in range(3)} | {
            f"g_{k}": point["contexts"][point[f"j_{k}"][n]] for k in range(3)
        }
        np.testing.assert_allclose(evaluate(formula, {**point, **window}).ravel(), Z[n], atol=1e-12)


@pytest.mark.parametrize("head", HEADS)
def test_beyond_a_reach_the_network_is_the_whole_one_with_zeros_for_weights(head):
    near = replace(build_configuration(head, radius=2), groups=REACHING)
    full = replace(near, groups=tuple(replace(group, reach=None) for group in REACHING))
    assert [near.columns_at(k).tolist() for k in (0, 1, 2)] == [[0, 1, 2, 3, 9, 10], [*range(7), 9, 10], [*range(11)]]
    point = inputs_of(near, np.random.default_rng(8))
    wide = dict(point)
    for k in range(5):
        wide[f"W_{k}"] = np.zeros((6, 11))
        wide[f"W_{k}"][:, near.columns_at(k)] = point[f"W_{k}"]
    names = [*first_parameters(near, np.random.default_rng(0)), "vectors"]
    actual = [evaluate(g, point) for g in [loss(near), *gradient(loss(near), names)]]
    other = [evaluate(g, wide) for g in [loss(full), *gradient(loss(full), names)]]
    for name, value, full_value in zip(["loss", *names], actual, other, strict=True):
        seen = full_value[:, near.columns_at(int(name[2:]))] if name.startswith("W_") else full_value
        np.testing.assert_allclose(value, seen, rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_equation_reads_as_the_lecture_writes_it():
    configuration = build_configuration(context=0, activation="sigmoid")
    assert str(equation(configuration)) == "U @ sigmoid(W_0 @ x_0 + W_1 @ x_1 + W_2 @ x_2 + b) + c"


def test_the_gradient_is_the_calculus():
    """A wrong tanh pullback in the table changes the trained gradient: there is no second mathematics."""
    configuration = build_configuration()
    point = inputs_of(configuration, np.random.default_rng(7))
    expression = loss(configuration)
    right = evaluate(gradient(expression, "W_1"), point)
    entry = TABLE["tanh"]
    pullback = entry.pullback
    object.__setattr__(entry, "pullback", lambda up, out, x: (up * out,))
    try:
        wrong = evaluate(gradient(expression, "W_1"), point)
        assert check_gradient(expression, "b", point).error > 1e-3
    finally:
        object.__setattr__(entry, "pullback", pullback)
    assert np.abs(wrong - right).max() > 1e-3
    assert check_gradient(expression, "b", point).error < 1e-6


def test_no_derivative_is_written_outside_the_calculus():
    """The trainer's gradient comes from `gradient`, the program from `compile`, and from nowhere else."""
    from pathlib import Path

    import fanlight.training.loop as loop

    source = Path(loop.__file__).read_text()
    assert "gradient(expression, run.learned)" in source
    for word in ("np.tanh", "1 - h", "np.exp", ".T @"):
        assert word not in source


def test_emissions_in_blocks_are_those_of_the_whole(monkeypatch):
    rng = np.random.default_rng(0)
    configuration = replace(build_configuration(), evidence_width=3)
    network = decoding.Network(configuration, first_parameters(configuration, rng), LEXICON)
    types = WordTypes.of([PADDING, *WORDS], configuration, LEXICON)
    lengths = np.array([0, 3, 1, 0, 9, 2, 2, 1, 0, 4])
    sentence_offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = rng.integers(1, len(WORDS) + 1, sentence_offsets[-1])
    arguments = (types, ids, rng.integers(0, 64, len(ids)), sentence_offsets, 0)
    features = rng.random((len(ids), 3), np.float32)
    expected = network.emissions(*arguments, features=features)
    for block in (1, 3, 5, 8):
        monkeypatch.setattr(decoding, "BLOCK", block)
        np.testing.assert_allclose(network.emissions(*arguments, features=features), expected, rtol=1e-5, atol=1e-6)
