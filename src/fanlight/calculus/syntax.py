"""Conversion of the text of an expression to Python's syntax tree, and hints for invalid syntax."""

from __future__ import annotations

import ast
import re

from fanlight.errors import CalculusError

PRIME = "ʹ"  # replaces the apostrophe of f'(z); valid in a Python identifier
_DERIVATIVE = re.compile(r"(?<=\w)'+(?=\()")
_LETTERS = str.maketrans("₀₁₂₃₄₅₆₇₈₉−", "0123456789-")


def syntax_tree(text: str) -> ast.expr:
    """Return Python's syntax tree of an expression; a derivative ``f'(z)`` is a call of a name that ends in `PRIME`.

    Raises
    ------
    CalculusError
        The text is not an expression; the message has a hint for common mistakes.
    """
    shown, text = text.strip(), _to_python(text.strip())
    if not text:
        raise CalculusError("the expression is empty")
    if "·" in text:  # valid in a Python identifier
        raise error_at(shown, len(text[: text.index("·")].encode()), hint("·") or "")
    try:
        return _WithoutLibraries().visit(ast.parse(text, mode="eval").body)  # type: ignore[no-any-return]
    except SyntaxError as error:
        message = hint(shown) or f"this is not an expression: {error.msg}"
        raise error_at(shown, len(text[: (error.offset or 1) - 1].encode()), message) from None
    except (ValueError, RecursionError, MemoryError):
        raise CalculusError("this is not an expression: it cannot be read") from None


class _WithoutLibraries(ast.NodeTransformer):
    """Replaces ``np.linalg.norm(x)`` with ``norm(x)``, ``F.softmax(x)`` with ``softmax(x)``, but keeps methods of F."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute):
            *modules, name = ast.unparse(node.func).split(".")
            is_method = modules == ["F"] and name in METHODS
            if modules[0] in _LIBRARIES and set(modules[1:]) <= _MODULES and not is_method:
                node.func = ast.copy_location(ast.Name(name, ast.Load()), node.func)
        return node


_LIBRARIES = ("np", "numpy", "torch", "jnp", "F", "math", "tf", "scipy", "nn")
_MODULES = {"linalg", "nn", "functional", "special", "math"}
METHODS = ("sum", "mean", "dot", "max", "min", "var", "trace", "transpose")


def formula_text(tree: ast.expr) -> str:
    """Return the text of a syntax tree, which `syntax_tree` parses to an equal tree."""
    return ast.unparse(tree).replace(PRIME, "'")


def _to_python(text: str) -> str:
    """Return the text with primes, subscripts and minus signs replaced, of equal length."""
    return _DERIVATIVE.sub(lambda primes: PRIME * len(primes[0]), text).translate(_LETTERS)


HINTS = (
    (r"'", "a transpose is written x.T, a derivative f'(z)"),
    (r"\^", "a power is written x**2, a transpose x.T"),
    (r"\blambda\b", "lambda is a word of Python: write lam"),
    (r"\b(and|or|not)\b|&|~", "of comparisons products are taken: (x > 0) * (x < 1)"),
    (r"//|%|<<|>>", "the operators are + - * / ** @"),
    (r"\[[^\]]*,[^\]]*\]|[{}]", "columns below each other are written vstack(x, y)"),
    (r"\b(if|else)\b", "a choice is written where(x > 0, a, b)"),
    (r"[ᵀ⊤]|\.(t|H|mT)\b", "a transpose is written x.T"),
    (r"[⊙∘·×⋅∙]", "an elementwise product is written *, a matrix product @"),
    (r"[\w)]!(?!=)", "factorials and gamma functions are made symbols"),
    (r"[²³]", "a power is written x**2"),
    (r"√", "a root is written sqrt(x)"),
    (r"[‖|]", "a length is written norm(x), an absolute value abs(x)"),
    (r"[Σ∑]", "a sum is written sum(x), over an index sum(x[i] for i in range(n))"),
    (r"\b(sin|cos|tan|tanh|exp|log|sqrt|relu|sigmoid|softmax|sum|norm|tr|det)\s+\w", "a function is written sin(x)"),
    (r"(?<![^\W\d])\d+\.?\d*[^\W\d]", "a product is written with its sign: 2*x"),
    (r"[\w)]\s+[\w(]", "between two factors stands *, elementwise, or @, the matrix product"),
    (r"=", "only the expression is written, without what it is equal to"),
)


def hint(text: str) -> str | None:
    """Return a hint for syntax that is not in the language, else None."""
    return next((hint for pattern, hint in HINTS if re.search(pattern, text)), None)


def error_at(text: str, offset: int, message: str) -> CalculusError:
    """Return an error with a caret at an offset, which counts UTF-8 bytes, as in `ast`."""
    column = len(_to_python(text).encode()[:offset].decode(errors="ignore"))
    return CalculusError(f"{message}\n  {text}\n  {' ' * column}^")
