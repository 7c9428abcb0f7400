"""Loss and all four gradients of sigmoid(u.T @ tanh(W @ x + b)), summed over a batch, float32, against others.

python benchmarks/calculus.py [--seconds 1]

Each program is first checked against ours; then all take turns, and the medians of the time of a call are compared.
Each runs in a process of its own, because the threads of one library wait busily for a while after each call and
would be charged to the next. Rivals that are not installed (autograd, jax, torch) are left out.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import numpy as np  # noqa: E402

from fanlight.calculus import compile, function, gradient, parse, vectorise  # noqa: E402

SIZES = [(4, 3), (100, 250), (256, 1460)]
BATCHES = [1, 32, 512]
Call = Callable[[], Any]


def ours(point: dict[str, np.ndarray]) -> Call:
    shapes = {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)}
    total = function("sum")(vectorise(parse("sigmoid(u.T @ tanh(W @ x + b))", shapes), {"x": "N"}))
    program = compile({"loss": total, **dict(zip("uWbx", gradient(total, list("uWbx")), strict=True))})
    return lambda: program(point)


def by_hand(point: dict[str, np.ndarray]) -> Call:
    u, W, b, x = (point[k] for k in "uWbx")

    def call() -> dict[str, Any]:
        h = np.tanh(x @ W.T + b.T)
        p = 1 / (1 + np.exp(-(h @ u)))
        ds = p * (1 - p)
        dz = (ds @ u.T) * (1 - h * h)
        return {"loss": p.sum(), "u": h.T @ ds, "W": dz.T @ x, "b": dz.sum(0)[:, None], "x": dz @ W}

    return call


def with_autograd(point: dict[str, np.ndarray]) -> Call:
    import autograd
    import autograd.numpy as anp

    def loss(u: Any, W: Any, b: Any, x: Any) -> Any:
        return anp.sum(1 / (1 + anp.exp(-anp.dot(anp.tanh(anp.dot(x, W.T) + b.T), u))))

    both = autograd.value_and_grad(loss, (0, 1, 2, 3))
    arguments = [point[k] for k in "uWbx"]

    def call() -> dict[str, Any]:
        value, gradients = both(*arguments)
        return {"loss": value, **dict(zip("uWbx", gradients, strict=True))}

    return call


def with_jax(point: dict[str, np.ndarray]) -> Call:
    import jax
    import jax.numpy as jnp

    def loss(u: Any, W: Any, b: Any, x: Any) -> Any:
        return jnp.sum(jax.nn.sigmoid(jnp.tanh(x @ W.T + b.T) @ u))

    both = jax.jit(jax.value_and_grad(loss, (0, 1, 2, 3)))
    arguments = [jnp.asarray(point[k]) for k in "uWbx"]

    def call() -> dict[str, Any]:
        value, gradients = jax.block_until_ready(both(*arguments))
        return {"loss": value, **dict(zip("uWbx", gradients, strict=True))}

    return call


def with_torch(point: dict[str, np.ndarray]) -> Call:
    import torch

    tensors = [torch.tensor(point[k], requires_grad=True) for k in "uWbx"]
    u, W, b, x = tensors

    def call() -> dict[str, Any]:
        loss = torch.sigmoid(torch.tanh(x @ W.T + b.T) @ u).sum()
        gradients = torch.autograd.grad(loss, tensors)
        return {"loss": loss.detach(), **dict(zip("uWbx", gradients, strict=True))}

    return call


PROGRAMS = {
    "fanlight": ours,
    "by hand": by_hand,
    "autograd": with_autograd,
    "jax jit": with_jax,
    "torch eager": with_torch,
}
ROUNDS = 10
PAUSE = 0.3  # seconds until the threads of the last program sleep


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each program at each size")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for name in PROGRAMS:
        pipes[name], theirs = context.Pipe()
        context.Process(target=_serve, args=(name, theirs), daemon=True).start()
    pipes = {name: pipe for name, pipe in pipes.items() if pipe.recv() == "ready"}
    names = [name for name in pipes if name != "fanlight"]
    print(f"| H × D | batch | fanlight, µs | {' | '.join(f'{name} ÷ fanlight' for name in names)} |")
    print("|---|---|---|" + "---|" * len(names))
    for m, n in SIZES:
        for batch in BATCHES:
            values = {name: _ask(pipe, ("values", m, n, batch)) for name, pipe in pipes.items()}
            for name in names:
                for key, value in values[name].items():
                    np.testing.assert_allclose(value, values["fanlight"][key], 2e-3, 2e-4, err_msg=f"{name} {key}")
            times: dict[str, list[float]] = {name: [] for name in pipes}
            for _ in range(ROUNDS):
                for name, pipe in pipes.items():
                    time.sleep(PAUSE)
                    times[name].append(_ask(pipe, ("time", arguments.seconds / ROUNDS)))
            mine = statistics.median(times["fanlight"])
            ratios = " | ".join(f"{statistics.median(times[name]) / mine:.2f}" for name in names)
            print(f"| {m} × {n} | {batch} | {mine * 1e6:.1f} | {ratios} |", flush=True)
    for pipe in pipes.values():
        pipe.send(("end",))


def _ask(pipe: Any, question: tuple[Any, ...]) -> Any:
    pipe.send(question)
    return pipe.recv()


def _serve(name: str, pipe: Any) -> None:
    """Answer what `main` asks of one program, in a process of its own."""
    try:
        PROGRAMS[name]({k: np.ones((1, 1), np.float32) for k in "uWbx"})
    except ImportError:
        pipe.send("missing")
        return
    pipe.send("ready")
    call: Call = dict
    while True:
        match pipe.recv():
            case "values", m, n, batch:
                rng = np.random.default_rng(0)
                shapes = {"u": (m, 1), "W": (m, n), "b": (m, 1), "x": (batch, n)}
                point = {k: (rng.normal(size=s) / np.sqrt(s[-1])).astype(np.float32) for k, s in shapes.items()}
                call = PROGRAMS[name](point)
                pipe.send({key: np.array(value) for key, value in call().items()})
            case "time", seconds:
                pipe.send(_median_time(call, seconds))
            case _:
                return


def _median_time(call: Call, seconds: float) -> float:
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        began = time.perf_counter()
        for _ in range(5):
            call()
        times.append((time.perf_counter() - began) / 5)
    return statistics.median(times)


if __name__ == "__main__":
    main()
