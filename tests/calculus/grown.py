"""Random well-shaped expressions over five symbols, and a point for them."""

import random

import numpy as np
from hypothesis import strategies as st

from fanlight.calculus import evaluate, function, symbol
from fanlight.calculus.expressions import walk

A, B, x, y, t = (
    symbol(n, s) for n, s in (("A", ("n", "n")), ("B", ("n", "n")), ("x", ("n", 1)), ("y", ("n", 1)), ("t", ()))
)
SHAPES = {"A": ("n", "n"), "B": ("n", "n"), "x": ("n", 1), "y": ("n", 1), "t": ()}
NAMES = ("tanh", "sigmoid", "softplus", "sin", "cos", "exp")
POINT = {n: np.random.default_rng(0).uniform(-0.6, 0.6, [3 if d == "n" else d for d in s]) for n, s in SHAPES.items()}


def f(name, *arguments):
    return function(name)(*arguments)


def _matrix(kind, P, Q, p, q, s):
    return (P @ Q, P + Q, P.T, p @ q.T, f("tanh", P) * Q, s * P, f("diag", p) - P)[kind]


def _column(kind, p, q, P, s, name):
    return (P @ p, p + q, p * q, f(name, p), s * p, P.T @ p - q, f("softmax", p), p / (2 + q * q), f("diag", P))[kind]


def _scalar(kind, p, q, P, s, name):
    return (
        p.T @ q, f("sum", p * q), f("logsumexp", p), f(name, s), p.T @ P @ q, f("tr", P), f("norm", p + 3), s * s, f("sum", P**2) + s,
    )[kind]  # fmt: skip


class Grown:
    """Random expressions from a seed: hypothesis draws the seed, so that thousands are made in seconds."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def matrix(self, depth):
        if depth <= 0 or self.random.random() < 0.3:
            return self.random.choice([A, B])
        d = depth - 1
        return _matrix(
            self.random.randrange(7), self.matrix(d), self.matrix(d), self.column(d), self.column(d), self.scalar(d)
        )

    def column(self, depth):
        if depth <= 0 or self.random.random() < 0.3:
            return self.random.choice([x, y])
        d, name = depth - 1, self.random.choice(NAMES)
        return _column(self.random.randrange(9), self.column(d), self.column(d), self.matrix(d), self.scalar(d), name)

    def scalar(self, depth):
        if depth <= 0 or self.random.random() < 0.2:
            return self.random.choice([t, 2 * t])
        d, name = depth - 1, self.random.choice(NAMES)
        return _scalar(self.random.randrange(9), self.column(d), self.column(d), self.matrix(d), self.scalar(d), name)

    def draw(self, kind, count=10, depth=4, limit=60):
        """Return a few that are neither very large nor of very large values."""
        grown = [getattr(self, kind)(depth) for _ in range(count)]
        small = [e for e in grown if sum(1 for _ in walk(e)) <= limit]
        return [e for e in small if np.abs(evaluate(e, POINT)).max() < 1e3]


SEEDS = st.integers(0, 2**32)
