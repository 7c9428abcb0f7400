"""Programs on two threads: the same bits, in whatever order the threads come to run."""

import sys
import threading

import numpy as np
import pytest

from fanlight.calculus import compile, evaluate, function, gradient, parse, symbol
from fanlight.calculus.compiler.column_pruning import prune_columns
from fanlight.calculus.compiler.plan import Plan
from fanlight.calculus.compiler.threads import Pair, Step, prefetch, schedule


def test_every_step_waits_for_what_it_reads():
    rng = np.random.default_rng(0)
    divided = 0
    for _ in range(200):
        steps = [
            Step(
                frozenset(rng.choice(n, rng.integers(0, min(n, 3) + 1), replace=False).tolist()),
                float(rng.choice([1e3, 1e5, 1e6])),
                bool(rng.random() < 0.8),
            )
            for n in range(30)
        ]
        shares = schedule(steps, float(rng.choice([0, 1e-3])))
        ended = shares.before()
        place = [ended[n][thread] for n, thread in enumerate(shares.threads)]
        assert all(step.movable or thread == 0 for step, thread in zip(steps, shares.threads, strict=True))
        for n, step in enumerate(steps):
            assert all(place[read] < ended[n][shares.threads[read]] for read in step.reads)
            assert all(shares.threads[other] != shares.threads[n] for other in shares.waits[n])
        waited = [other for waits in shares.waits for other in waits]
        assert len(waited) == len(set(waited)), "a lock is acquired once"
        divided += any(shares.threads)
    assert divided > 150


def model():
    """A loss of several products, gathers, parts and sums, and its gradients."""
    H = sum(
        (
            function("rows")(symbol("V", ("t", 24)) @ symbol(f"W_{k}", ("m", 24)).T, symbol(f"i_{k}", ("N",)))
            for k in range(4)
        ),
        symbol("b", ("m", 1)).T,
    )
    loss = function("sum")(function("tanh")(H) @ symbol("U", ("K", "m")).T * symbol("Y", ("N", "K")))
    names = ["U", "b", *(f"W_{k}" for k in range(4))]
    return {"loss": loss, **dict(zip(names, gradient(loss, names), strict=True)), "V": gradient(loss, "V")[:, 8:20]}


def point(rng, N, t):
    shapes = {"V": (t, 24), "b": (64, 1), "U": (9, 64), "Y": (N, 9)} | {f"W_{k}": (64, 24) for k in range(4)}
    arrays = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    return arrays | {f"i_{k}": rng.integers(0, t, N) for k in range(4)}


def test_two_threads_give_the_bits_of_one():
    program, pair = compile(model()), compile(model(), threads=2)
    rng = np.random.default_rng(0)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(100):
            inputs = point(rng, int(rng.integers(300, 500)), int(rng.integers(200, 300)))
            a, b = program(inputs), pair(inputs)
            for name in a:
                assert np.array_equal(a[name], b[name]), name
    finally:
        sys.setswitchinterval(interval)
    assert isinstance(pair.plan.run_steps, Pair)
    assert pair.second
    assert not program.second
    for name, expression in model().items():
        np.testing.assert_allclose(b[name], evaluate(expression, inputs), rtol=1e-3, atol=1e-3)


def test_memory_shared_too_early_would_be_seen(monkeypatch):
    """The proof that the test above can fail: without regard to the threads buffers are overwritten while they are read."""
    import fanlight.calculus.compiler.plan as plan

    honest = plan.allocate_slots
    monkeypatch.setattr(plan, "allocate_slots", lambda *arguments, has_ended=None: honest(*arguments))
    careless = compile(model(), threads=2)
    careless(point(np.random.default_rng(0), 400, 250))
    careless_plan = careless.plan
    monkeypatch.undo()
    careful = compile(model(), threads=2)
    careful(point(np.random.default_rng(0), 400, 250))
    assert len(set(careful.plan.slots.values())) > len(set(careless_plan.slots.values()))


def test_small_programs_are_not_divided():
    s = parse("u.T @ tanh(W @ x + b)", {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)})
    program = compile({"s": s}, np.float64, threads=2)
    program({"u": np.ones((100, 1)), "W": np.ones((100, 100)), "x": np.ones((100, 1)), "b": np.ones((100, 1))})
    assert isinstance(program.plan, Plan)
    assert not isinstance(program.plan.run_steps, Pair)


@pytest.mark.parametrize("failing", ["here", "there", "both"])
def test_a_fault_in_a_thread_ends_both_and_the_next_call_works(failing):
    locks = [threading.Lock(), threading.Lock()]
    for lock in locks:
        lock.acquire()

    def here(fail):
        locks[1].release()
        if fail in ("here", "both"):
            raise ValueError("here")
        locks[0].acquire()
        return "done"

    def there(fail):
        locks[1].acquire()
        if fail in ("there", "both"):
            raise ValueError("there")
        locks[0].release()

    pair = Pair(here, there, locks)
    for _ in range(20):
        with pytest.raises(ValueError, match="here|there"):
            pair(failing)
        assert pair("") == "done"


def test_what_is_made_ahead_comes_in_order_with_its_faults():
    def items():
        yield 1
        yield 2
        raise ValueError("no third")

    actual = []
    with pytest.raises(ValueError, match="no third"):
        actual.extend(prefetch(items()))
    assert actual in ([1, 2], [])
    run = prefetch(iter(range(10)))
    assert [next(run), next(run)] == [0, 1]
    run.close()
    assert list(prefetch(iter([3, 4]))) == [3, 4]


def test_columns_that_nothing_reads_are_not_computed():
    shapes = {"A": ("n", "m"), "B": ("m", 9), "D": ("n", 9), "C": ("n", "m")}
    node = parse("D * (A @ B + C @ B)", shapes)
    outputs = {"x": node[:, 3:5], "y": node[:, 5:8], "z": parse("A @ B", shapes)}
    programs = prune_columns(outputs)
    assert str(programs["x"]) == "(D[:, 3:8] * ((A @ B)[:, 3:8] + C @ B[:, 3:8]))[:, :2]", "A @ B is needed whole"
    rng = np.random.default_rng(0)
    inputs = {n: rng.standard_normal([{"n": 5, "m": 4}.get(d, d) for d in s]) for n, s in shapes.items()}
    for name, expression in outputs.items():
        assert np.array_equal(evaluate(programs[name], inputs), evaluate(expression, inputs))
    careless_plan = {"x": node[:, 3:5], "y": node}
    assert prune_columns(careless_plan) == careless_plan


def test_programs_may_be_compiled_in_several_threads():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    programs, inputs = [], point(np.random.default_rng(0), 40, 25)

    def work():
        for n in range(5):
            loss = function("sum")(symbol("U", ("K", "m")) ** 2) * (2 + n)
            programs.append((n, loss, gradient(loss, "U"), compile({"U": gradient(loss, "U")})(inputs)["U"].copy()))

    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(programs) == 20
    for n, loss, grad, value in programs:
        assert loss is function("sum")(symbol("U", ("K", "m")) ** 2) * (2 + n), "one node, whoever made it"
        assert grad is gradient(loss, "U")
        np.testing.assert_allclose(value, 2 * (2 + n) * inputs["U"], rtol=1e-5)
