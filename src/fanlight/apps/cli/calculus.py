"""`fanlight derive`, `jacobian`, `hessian`, `check` and `exercise`."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fanlight.calculus import Expression
    from fanlight.calculus.indexed import Indexed

commands = typer.Typer()
_FORMULA = {"ignore_unknown_options": True}  # a formula may begin with a minus

Wrt = Annotated[str, typer.Option(help="The symbol to differentiate by.")]
Shapes = Annotated[
    list[str] | None,
    typer.Option("--shape", metavar="NAME=ROWS,COLUMNS", help="A symbol's shape (NAME=ROWS a column, NAME= a scalar)."),
]
Assumptions = Annotated[
    list[str] | None,
    typer.Option(
        "--assume",
        metavar="NAME=FACT",
        help="An assumption: invertible, spd, sym, positive, pm1, bit, onehot or onehot_rows.",
    ),
]


class View(StrEnum):
    """Output formats of derivations."""

    text = "text"
    latex = "latex"
    html = "html"
    numpy = "numpy"


class Matrix(StrEnum):
    """Output formats of Jacobians and Hessians."""

    text = "text"
    latex = "latex"
    numpy = "numpy"


class Language(StrEnum):
    """Languages of the output."""

    en = "en"
    ko = "ko"


class Kind(StrEnum):
    """Kinds of formulas to check."""

    gradient = "gradient"
    jacobian = "jacobian"
    hessian = "hessian"


@commands.command(context_settings=_FORMULA)
def derive(
    expression: Annotated[
        str, typer.Argument(help='A formula, such as "u.T @ f(W @ x + b)"; an unknown f stays symbolic.')
    ],
    *,
    wrt: Wrt,
    shape: Shapes = None,
    assume: Assumptions = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBERS", help="A value, such as 2 or [1, 2]: shows the effect of a small step."),
    ] = None,
    step: Annotated[float, typer.Option(help="The size of the step.")] = 0.01,
    direction: Annotated[
        str | None,
        typer.Option(metavar="NUMBERS", help="The direction of the step, in the shape of WRT, such as [1, 0]."),
    ] = None,
    format: Annotated[View, typer.Option(help="The output format.")] = View.text,
    language: Annotated[Language, typer.Option(help="Language of the words in text and HTML.")] = Language.en,
) -> None:
    """Derive a gradient step by step, as a lecture would."""
    from fanlight.apps.formulas import errors_in
    from fanlight.calculus.lecture import views
    from fanlight.calculus.lecture.derivation import derive as derived

    say = _words_of(language)
    with errors_in(language):
        steps = derived(read(expression, shape, assume, say=say), wrt)
    show = {
        View.text: lambda d: views.text(d, say),
        View.latex: views.latex_of,
        View.html: lambda d: views.html(d, say),
        View.numpy: views.numpy_of,
    }
    point = {}
    for item in at or []:
        name, _, value = item.partition("=")
        point[name.strip()] = _numbers(value, say(f"{item!r} is not NAME=NUMBER or NAME=[…]"), "--at")
    along = None if direction is None else _numbers(direction, say(f"{direction!r} is not […]"), "--direction")
    with errors_in(language):
        nudged = views.nudge(steps, point, step, along, say=say) if point else None
    print(show[format](steps))
    if nudged is not None:
        print()
        print(nudged)


@commands.command(context_settings=_FORMULA)
def check(
    expression: Annotated[str, typer.Argument(help="The scalar that was differentiated.")],
    *,
    wrt: Wrt,
    gradient: Annotated[str, typer.Option(help="Your own formula; it may use z, h and delta of the derivation.")],
    shape: Shapes = None,
    assume: Assumptions = None,
    kind: Annotated[Kind, typer.Option(help="The kind of the formula.")] = Kind.gradient,
    language: Annotated[Language, typer.Option(help="Language of the result.")] = Language.en,
) -> None:
    """Check your own gradient, with a reason if it is wrong. The exit status is then 1."""
    from fanlight.apps.formulas import describe_verdict, errors_in
    from fanlight.calculus.lecture.diagnosis import check as checked

    with errors_in(language):
        scalar = read(expression, shape, assume, say=_words_of(language))
        verdict = checked(scalar, wrt, gradient, kind=kind)
    print(describe_verdict(verdict, language))
    sys.exit(0 if verdict.right else 1)


@commands.command(context_settings=_FORMULA)
def exercise(
    number: Annotated[str, typer.Argument(help="The exercise's number in the lecture, such as 6.2.")],
    answer: Annotated[str, typer.Argument(help="A formula, a number, a shape (3 x 5) or a word.")],
    language: Annotated[Language, typer.Option(help="Language of the result.")] = Language.en,
) -> None:
    """Mark an answer to an exercise of the lecture. The exit status is 1 if it is wrong."""
    from fanlight.apps.exercises import mark

    result = mark(number, answer, language)
    print(result)
    sys.exit(0 if result.right else 1)


@commands.command(context_settings=_FORMULA)
def jacobian(
    expression: Annotated[str, typer.Argument(help='A column, row or scalar, such as "tanh(W @ x + b)".')],
    *,
    wrt: Wrt,
    shape: Shapes = None,
    assume: Assumptions = None,
    format: Annotated[Matrix, typer.Option(help="The output format.")] = Matrix.text,
    language: Annotated[Language, typer.Option(help="Language of guesses and errors.")] = Language.en,
) -> None:
    """Show the Jacobian of a vector by a vector; for matrices, the formula of an entry."""
    from fanlight.apps.formulas import errors_in
    from fanlight.calculus import jacobian as derived

    say = _words_of(language)
    with errors_in(language):
        _show(derived(read(expression, shape, assume, prefer_vectors=True, say=say), wrt), format, say)


@commands.command(context_settings=_FORMULA)
def hessian(
    expression: Annotated[str, typer.Argument(help='A scalar, such as "x.T @ A @ x".')],
    *,
    wrt: Wrt,
    shape: Shapes = None,
    assume: Assumptions = None,
    format: Annotated[Matrix, typer.Option(help="The output format.")] = Matrix.text,
    language: Annotated[Language, typer.Option(help="Language of guesses and errors.")] = Language.en,
) -> None:
    """Show the Hessian of a scalar by a vector; by a matrix, the formula of an entry."""
    from fanlight.apps.formulas import errors_in
    from fanlight.calculus import hessian as derived

    say = _words_of(language)
    with errors_in(language):
        _show(derived(read(expression, shape, assume, say=say), wrt), format, say)


def _words_of(language: Language) -> Callable[[str], str]:
    """Return a function that translates sentences into a language."""
    from fanlight.calculus.lecture import korean

    return korean.say if language == Language.ko else str


def _show(derivative: Expression | Indexed, format: Matrix, say: Callable[[str], str]) -> None:
    from fanlight.calculus import CalculusError, Expression
    from fanlight.calculus.column_form import column_form
    from fanlight.calculus.compiler.numpy_source import numpy_source
    from fanlight.calculus.lecture.latex import latex

    if not isinstance(derivative, Expression):
        if format == Matrix.numpy:
            raise CalculusError("a derivative of more than two indices has no NumPy form of one expression")
        print(derivative.formula().latex if format == Matrix.latex else derivative)
        matrix = column_form(derivative)
        if matrix is not None:
            text = latex(matrix) if format == Matrix.latex else matrix
            print(say(f"as one matrix, columns below each other: {text}") if format == Matrix.text else text)
        return
    match format:
        case Matrix.text:
            print(derivative)
        case Matrix.latex:
            print(latex(derivative))
        case Matrix.numpy:
            print(numpy_source({"value": derivative}))


def read(
    text: str,
    shape: list[str] | None,
    assume: list[str] | None,
    *,
    prefer_vectors: bool = False,
    say: Callable[[str], str] = str,
) -> Expression:
    """Parse an expression with declared or inferred shapes; unknown functions stay symbolic."""
    from fanlight.apps.formulas import read_formula
    from fanlight.calculus.inference import guesses

    declared: dict[str, Any] = {}
    for item in shape or []:
        name, equals, sizes = item.partition("=")
        if not equals:
            raise typer.BadParameter(say(f"{item!r} is not NAME=ROWS,COLUMNS"), param_hint="--shape")
        declared[name.strip()] = [int(d) if d.strip().isdigit() else d.strip() for d in sizes.split(",") if d.strip()]
    facts = {}
    for item in assume or []:
        name, equals, fact = item.partition("=")
        if not equals:
            raise typer.BadParameter(say(f"{item!r} is not NAME=FACT"), param_hint="--assume")
        facts[name.strip()] = fact.strip()
    for guess in guesses(text, declared, prefer_vectors=prefer_vectors):
        print(say(guess), file=sys.stderr)
    return read_formula(text, declared, facts, prefer_vectors=prefer_vectors)


def _numbers(text: str, wrong: str, option: str) -> Any:
    """Read a number or nested lists of numbers."""
    import numpy as np

    try:
        return np.asarray(json.loads(text), float).tolist()
    except (ValueError, TypeError):
        raise typer.BadParameter(wrong, param_hint=option) from None
