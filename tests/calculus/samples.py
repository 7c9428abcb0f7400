"""Uses of every operation of the table, and a point at which they have values."""

import numpy as np

from fanlight.calculus import Expression, symbol
from fanlight.calculus.expressions import function
from fanlight.calculus.operations import TABLE
from fanlight.network import losses  # noqa: F401 - registers the linear chain

rng = np.random.default_rng(5)
X, Y, S, T = (symbol(n, s) for n, s in (("X", (3, 4)), ("Y", (3, 4)), ("S", (3, 3)), ("T", (2, 2))))
R, C, K, V = (symbol(n, s) for n, s in (("R", (1, 4)), ("C", (3, 1)), ("K", ()), ("V", (4, 1))))
I, IDS, OFFSETS = symbol("I", (5,)), symbol("IDS", (6,)), symbol("OFFSETS", (4,))
UP5, UP3, A, Z = symbol("UP5", (5, 4)), symbol("UP3", (3, 4)), symbol("A", (4, 4)), symbol("Z", (5, 3))
STARTS = symbol("STARTS", (3,))
KRON = symbol("KRON", (6, 6))
POINT = {
    s.name: rng.uniform(0.3, 1.7, [int(str(d)) for d in s.shape]) for s in (X, Y, R, C, K, V, UP5, UP3, A, Z, KRON, T)
}
POINT |= {"S": rng.normal(size=(3, 3)) + 3 * np.eye(3), "I": np.array([0, 2, 2, 1, 0])}
POINT |= {"IDS": np.array([0, 1, 1, 2, 0, 2]), "OFFSETS": np.array([0, 2, 2, 6]), "STARTS": np.array([0, 2, 5])}


def f(name: str, *arguments: object) -> Expression:
    return function(name)(*arguments)


SAMPLES: dict[str, list[Expression]] = {
    **{name: [f(name, X, Y), f(name, X, R), f(name, C, X), f(name, K, X), f(name, X, K), f(name, R, C), f(name, K, K)]
       for name in ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum")},
    **{name: [f(name, X)] for name in (
        "negative", "transpose", "tanh", "sigmoid", "relu", "hardtanh", "step", "softplus", "exp", "log", "sqrt", "abs",
        "sign", "sin", "cos", "tan", "sinh", "cosh", "erf", "max", "min", "largest", "sum", "row_sums", "column_sums", "logsumexp", "logsumexp_rows", "softmax", "softmax_rows",
        "norm", "norm1", "arctan", "relu'")},
    **{name: [f(name, f("sigmoid", X))] for name in ("arcsin", "arccos")},
    **{name: [f(name, S)] for name in ("tr", "det", "logdet", "inv")},
    "matmul": [f("matmul", X, V), f("matmul", R, V), f("matmul", S, X), f("matmul", C, R), f("matmul", K, X)],
    "diag": [f("diag", V), f("diag", S)],
    "kron": [f("kron", S, T)],
    "kron_left": [Expression.node(TABLE["kron_left"], (KRON, T), (S.shape[0], S.shape[1]))],
    "kron_right": [Expression.node(TABLE["kron_right"], (KRON, S), (T.shape[0], T.shape[1]))],
    "vstack": [f("vstack", X, R, Y)],
    "hstack": [f("hstack", C, X, S)],
    "reshape": [
        Expression.node(TABLE["reshape"], (X,), symbol("Q", (2, 6)).shape),
        Expression.node(TABLE["reshape"], (X,), symbol("Q", (12, 1)).shape),
    ],
    "slice": [X[1:3, 0:2], X[:, 1:2], X[0:1, 3:4]],
    "rows": [f("rows", X, I)],
    "scatter_rows": [Expression.node(TABLE["scatter_rows"], (UP5, I), (X.shape[0],))],
    "bag": [f("bag", X, IDS, OFFSETS)],
    "scatter_bag": [Expression.node(TABLE["scatter_bag"], (UP3, IDS, OFFSETS), (X.shape[0],))],
    "log_partition": [f("log_partition", Z, A, STARTS)],
}  # fmt: skip
