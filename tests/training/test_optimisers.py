"""Optimisers take the steps of the plain references, on whole parameters or on rows."""

import numpy as np
import pytest

from fanlight.training.optimisers import KINDS, Optimiser, RowGradient, rate_at
from tests.references import optimisers as reference

rng = np.random.default_rng(0)


@pytest.mark.parametrize("kind", KINDS)
def test_updates_and_means_equal_the_plain_reference(kind):
    start = rng.normal(size=(4, 3))
    gradients = rng.normal(size=(9, 4, 3))
    rates = np.linspace(0.1, 0.01, 9)
    parameters = {"W": start.copy()}
    optimiser = Optimiser(kind, parameters)
    for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True)):
        if step == 3:
            optimiser.start_averaging()
        optimiser.step({"W": gradient}, rate)
    last, mean = reference.run(kind, start, gradients, rates, 3)
    np.testing.assert_allclose(parameters["W"], last, rtol=1e-9)
    np.testing.assert_allclose(optimiser.average()["W"], mean, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_updated_as_the_whole_is(kind):
    start = rng.normal(size=(5, 2)).astype(np.float32)
    rows, gradient = np.array([3, 1]), rng.normal(size=(2, 2)).astype(np.float32)
    dense = np.zeros((5, 2), np.float32)
    dense[rows] = gradient
    a, b = {"W": start.copy()}, {"W": start.copy()}
    for parameters, update in ((a, RowGradient(rows, gradient)), (b, dense)):
        optimiser = Optimiser(kind, parameters)
        optimiser.start_averaging()
        for _ in range(3):
            optimiser.step({"W": update}, 0.1)
    np.testing.assert_array_equal(a["W"], b["W"])
    np.testing.assert_array_equal(a["W"][[0, 2, 4]], start[[0, 2, 4]])


def test_a_restored_optimiser_goes_on_to_the_same_bits():
    start, gradients = rng.normal(size=(3, 3)), rng.normal(size=(6, 3, 3))
    a = {"W": start.copy()}
    optimiser = Optimiser("adam", a, decay=0.01)
    optimiser.start_averaging()
    for g in gradients[:3]:
        optimiser.step({"W": g}, 0.1)
    b = {"W": a["W"].copy()}
    restored = Optimiser("adam", b, decay=0.01)
    restored.restore(optimiser.state())
    for g in gradients[3:]:
        optimiser.step({"W": g}, 0.1)
        restored.step({"W": g}, 0.1)
    np.testing.assert_array_equal(a["W"], b["W"])
    np.testing.assert_array_equal(optimiser.average()["W"], restored.average()["W"])


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_schedules(schedule):
    rates = [rate_at(schedule, 2.0, p, 0.1) for p in np.linspace(0, 0.999, 50)]
    assert 0 < rates[0] < 0.1
    assert max(rates) <= 2.0
    assert rates[-1] == 2.0 if schedule == "constant" else rates[-1] < 0.03
