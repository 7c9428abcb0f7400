"""Loss and all four gradients of sigmoid(u.T @ tanh(W @ x + b)), summed over a batch, float32, against others.

python benchmarks/calculus.py [--seconds 0.5]

Each program is first checked against ours; then all take turns, and the medians of the time of a call are compared.
Rivals that are not installed (autograd, jax, torch) are left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import numpy as np  # noqa: E402

from fanlight.calculus import batched, compile, function, gradient, parse  # noqa: E402

SIZES = [(4, 3), (100, 250), (256, 1460)]
BATCHES = [1, 32, 512]
Call = Callable[[], Any]


def ours(point: dict[str, np.ndarray]) -> Call:
    shapes = {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)}
    total = function("sum")(batched(parse("sigmoid(u.T @ tanh(W @ x + b))", shapes), {"x": "N"}))
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


RIVALS = {"by hand": by_hand, "autograd": with_autograd, "jax jit": with_jax, "torch eager": with_torch}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each program at each size")
    given = parser.parse_args()
    names = [name for name, made in RIVALS.items() if _installed(made)]
    print(f"| H × D | batch | fanlight, µs | {' | '.join(f'{name} ÷ fanlight' for name in names)} |")
    print("|---|---|---|" + "---|" * len(names))
    for m, n in SIZES:
        for batch in BATCHES:
            rng = np.random.default_rng(0)
            shapes = {"u": (m, 1), "W": (m, n), "b": (m, 1), "x": (batch, n)}
            point = {k: (rng.normal(size=s) / np.sqrt(s[-1])).astype(np.float32) for k, s in shapes.items()}
            calls = {"fanlight": ours(point), **{name: RIVALS[name](point) for name in names}}
            right = {k: np.array(v) for k, v in calls["fanlight"]().items()}
            for name in names:
                for key, value in calls[name]().items():
                    np.testing.assert_allclose(
                        np.asarray(value), right[key], rtol=2e-3, atol=2e-4, err_msg=f"{name} {key}"
                    )
            times = _in_turns(calls, given.seconds)
            mine = statistics.median(times["fanlight"])
            ratios = " | ".join(f"{statistics.median(times[name]) / mine:.2f}" for name in names)
            print(f"| {m} × {n} | {batch} | {mine * 1e6:.1f} | {ratios} |", flush=True)


def _in_turns(calls: dict[str, Call], seconds: float) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in calls}
    counts = {}
    for name, call in calls.items():
        call()
        began = time.perf_counter()
        call()
        counts[name] = max(1, int(seconds / 20 / (time.perf_counter() - began + 1e-9)))
    for _ in range(20):
        for name, call in calls.items():
            began = time.perf_counter()
            for _ in range(counts[name]):
                call()
            times[name].append((time.perf_counter() - began) / counts[name])
    return times


def _installed(made: Callable[[dict[str, np.ndarray]], Call]) -> bool:
    try:
        made({k: np.ones((1, 1), np.float32) for k in "uWbx"})
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    main()
