"""A matrix calculus that derives, prints, checks and runs gradients.

>>> from fanlight.calculus import parse, gradient
>>> e = parse("u.T @ tanh(W @ x + b)", {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1)})
>>> str(gradient(e, "W"))
'(u * (1 - tanh(W @ x + b)**2)) @ x.T'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fanlight.calculus.batch import hoist, substitute, vectorise
from fanlight.calculus.compiler.program import Program, compile
from fanlight.calculus.expressions import Expression, constant, eye, function, ones, symbol, write_by, zeros
from fanlight.calculus.functions import elementwise
from fanlight.calculus.numeric import evaluate
from fanlight.calculus.operations import Operation, register
from fanlight.calculus.text_writer import write
from fanlight.errors import CalculusError

if TYPE_CHECKING:
    from fanlight.calculus.backpropagation import gradient
    from fanlight.calculus.derivatives import canonical, equal, hessian, jacobian, simplify
    from fanlight.calculus.gradient_check import check_gradient
    from fanlight.calculus.language import parse
    from fanlight.calculus.lecture.derivation import Derivation, derive
    from fanlight.calculus.lecture.diagnosis import Verdict, check
    from fanlight.calculus.lecture.graph import graph

__all__ = [
    "CalculusError", "Derivation", "Expression", "Operation", "Program", "Verdict", "canonical", "check",
    "check_gradient", "compile", "constant", "derive", "elementwise", "equal", "evaluate", "eye", "function",
    "gradient", "graph", "hessian", "hoist", "jacobian", "ones", "parse", "register", "simplify", "substitute",
    "symbol", "vectorise", "zeros",
]  # fmt: skip

write_by(write)
_LATER = {  # imported at first use: tagging and training do not need these names, and commands start faster
    **dict.fromkeys(("canonical", "equal", "hessian", "jacobian", "simplify"), "derivatives"),
    "gradient": "backpropagation",
    "check_gradient": "gradient_check",
    "parse": "language",
    **dict.fromkeys(("Derivation", "derive"), "lecture.derivation"),
    **dict.fromkeys(("Verdict", "check"), "lecture.diagnosis"),
    "graph": "lecture.graph",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
