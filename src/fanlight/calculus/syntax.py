"""The text of an expression as Python's syntax tree, and what to write where it is none."""

from __future__ import annotations

import ast
import re

from fanlight.errors import CalculusError

PRIME = "ʹ"  # a letter to Python, in place of the apostrophe of f'(z)
_DERIVATIVE = re.compile(r"(?<=\w)'+(?=\()")
_LETTERS = str.maketrans("₀₁₂₃₄₅₆₇₈₉−", "0123456789-")


def syntax_tree(text: str) -> ast.expr:
    """Return Python's syntax tree of an expression; a derivative ``f'(z)`` is a call of a name that ends in a prime.

    Raises
    ------
    CalculusError
        The text is not an expression; the message says what to write where the mistake is a common one.
    """
    shown, text = text.strip(), _python(text.strip())
    if not text:
        raise CalculusError("the expression is empty")
    if "·" in text:  # part of a name to Python
        raise error_at(shown, len(text[: text.index("·")].encode()), hint("·") or "")
    try:
        return _Submodules().visit(ast.parse(text, mode="eval").body)  # type: ignore[no-any-return]
    except SyntaxError as error:
        message = hint(shown) or f"this is not an expression: {error.msg}"
        raise error_at(shown, len(text[: (error.offset or 1) - 1].encode()), message) from None
    except (ValueError, RecursionError, MemoryError):
        raise CalculusError("this is not an expression: it cannot be read") from None


class _Submodules(ast.NodeTransformer):
    """Reads ``np.linalg.norm`` as ``np.norm``."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        match node.value:
            case ast.Attribute(value=ast.Name(id="np" | "numpy" | "torch" | "jnp") as library, attr="linalg" | "nn"):
                node.value = library
            case ast.Attribute(value=ast.Name() as library, attr="functional" | "special"):
                node.value = library
        return node


def formula_text(tree: ast.expr) -> str:
    """Write a syntax tree as `syntax_tree` reads it."""
    return ast.unparse(tree).replace(PRIME, "'")


def _python(text: str) -> str:
    """Return the text with as many characters, in Python's letters."""
    return _DERIVATIVE.sub(lambda primes: PRIME * len(primes[0]), text).translate(_LETTERS)


HINTS = (
    (r"'", "a transpose is written x.T, a derivative f'(z)"),
    (r"\^", "a power is written x**2, a transpose x.T"),
    (r"\blambda\b", "lambda is a word of Python: write lam"),
    (r"\b(if|else)\b", "a choice is written where(x > 0, a, b)"),
    (r"[ᵀ⊤]", "a transpose is written x.T"),
    (r"[⊙∘·×]", "an elementwise product is written *, a matrix product @"),
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
    """Say what to write for what is not in the language."""
    return next((hint for pattern, hint in HINTS if re.search(pattern, text)), None)


def error_at(text: str, offset: int, message: str) -> CalculusError:
    """Show the place; `offset` counts UTF-8 bytes, as `ast` does."""
    column = len(_python(text).encode()[:offset].decode(errors="ignore"))
    return CalculusError(f"{message}\n  {text}\n  {' ' * column}^")
