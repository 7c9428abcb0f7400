"""The language of the house: names of the glossary, functions and modules that a person can hold, reasons for numbers."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))


@cache
def tree_of(path):
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


FORBIDDEN = {
    *("found", "made", "some", "own", "known", "given", "told", "more", "rest", "whole", "first", "kept", "held"),
    *("together", "lines", "blocks", "least", "settled", "tempered", "dealt", "joined"),
}
PRIVATE_WORDS = {  # of the glossary's left column, but those that are forbidden already
    *("evidence", "tell", "marks", "passes", "one", "two", "twice", "context", "Known", "Numbers", "Stage", "Parts"),
    *("products", "cutter", "cutters", "cut", "cuts", "Long", "pieces", "Kept", "hold", "lanes", "corked", "guard"),
    *("mixing", "Mixed", "exchange", "feeding", "development", "forecast", "sample", "narrowing", "memory", "counting"),
    *("inference", "differences", "archive", "reach", "room", "starts", "borders", "edges", "apart", "beside", "now"),
}
OTHER_SENSES = {  # of such words, and the modules that may use them: what is public stays, and so do the field's terms
    "passes": (  # the setting, and the parameter of `load`, the command and the classifier, that users call by this name
        "__init__.py", "apps/cli/tag.py", "apps/integrations/sklearn.py", "training/settings.py",
    ),
    "reach": ("text/features.py", "training/settings.py"),  # of a feature table, as settings and model files name it
    "edges": ("apps/graph.py", "apps/server/", "calculus/lecture/"),  # of a graph
    "pieces": ("calculus/lecture/",),  # the named pieces of a derivation
    "differences": ("calculus/products.py",),  # a - b
    "context": (  # of an expression, a mistake, a web page, a process, LLVM; that of a token is a case context
        "apps/", "calculus/", "engine/simd.py", "entities/report_html.py", "training/data_parallel.py",
    ),
    "memory": ("engine/",),  # what kernels note of a document's words; that of buffers is allocated
    "sample": ("network/vector_tables.py",),  # of directions; that of sentences is a rehearsal sample
}  # fmt: skip
ADVERBS = {"together", "apart", "beside", "now", "anew"}
VERBS_IN_ED = {"need", "read", "embed", "feed", "speed", "seed"}
LIMITS = {"function length": 60, "module length": 400, "positional": 5, "positional of a kernel": 8}
SEAMS = {
    "engine/simd.py",  # intrinsics: parameters are Numba's types and LLVM's values, in the order of the machine's call
    "engine/twins.py",  # a twin's cases are whatever its strategy draws
    "tagging/twins.py",
}
PUBLISHED = {"training/optimiser_kernels.py"}  # whose numbers are those of the papers that its optimisers are from


def numbers_without_a_reason(tree, source):
    """Return the constants of a module that are numbers and have no comment, neither beside them nor above."""
    rows, names = source.splitlines(), []
    for node in tree.body:
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or value is None:
            continue
        literals = [n.value for n in ast.walk(value) if isinstance(n, ast.Constant)]
        plain = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Tuple, ast.Load)
        is_number = literals and all(type(n) in (int, float) for n in literals)
        if is_number and all(isinstance(n, plain) for n in ast.walk(value)):
            target = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            above = rows[node.lineno - 2 : node.lineno - 1]
            near = [*rows[node.lineno - 1 : node.end_lineno], *(row for row in above if row.startswith("#"))]
            uses = [row for row in rows[node.end_lineno : node.end_lineno + 1] if target in row]  # such as its mask
            if target.isupper() and "[" not in target and not any("#" in row for row in [*near, *uses]):
                names.append(target)
    return names


def bindings(tree):
    """Return what a module binds: variables, attributes, parameters, functions and classes, without underscores."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.append(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, ast.arg):
            names.append(node.arg)
        elif isinstance(node, ast.alias) and node.asname:
            names.append(node.asname)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler | ast.MatchAs):
            names += [node.name] if node.name else []
    return [name.strip("_") for name in names]


def private_words(path):
    """Return the words of the glossary's left column that a module may not use."""
    return {word for word in PRIVATE_WORDS if not path.startswith(OTHER_SENSES.get(word, ()))}


def violations(source, path):
    """Count what the language of the house forbids in one module: how often each kind of violation occurs in it."""
    tree, counts = ast.parse(source), Counter()
    seam = path in SEAMS
    functions = [n.name.strip("_") for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    names = Counter(bindings(tree)) - Counter(n for n in functions if n in FORBIDDEN | ADVERBS)  # which count below
    counts["forbidden name"] += sum(names[word] for word in FORBIDDEN)
    counts["private word"] += sum(names[word] for word in private_words(path))
    counts["long module"] += len(source.splitlines()) > LIMITS["module length"]
    counts["number without a reason"] += len(numbers_without_a_reason(tree, source)) if path not in PUBLISHED else 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        kernel = any("kernel" in ast.unparse(d) or "inner" in ast.unparse(d) for d in node.decorator_list)
        positional = [a for a in node.args.posonlyargs + node.args.args if a.arg not in ("self", "cls")]
        parameters = positional + node.args.kwonlyargs
        name = node.name.strip("_")
        limit = LIMITS["positional of a kernel" if kernel else "positional"]
        counts["long function"] += node.end_lineno - node.lineno >= LIMITS["function length"]
        counts["many parameters"] += len(positional) > limit and not seam
        counts["participle or adverb"] += name in FORBIDDEN | ADVERBS or (
            name.endswith("ed") and "_" not in name and name not in VERBS_IN_ED
        )
        if not kernel and not seam:
            annotations = [ast.unparse(a.annotation) for a in parameters if a.annotation is not None]
            counts["parameter of any type"] += sum("Any" in annotation.split(" | ") for annotation in annotations)
    return +counts


def test_the_language_of_the_house():
    counts = {}
    for p in SOURCES:
        path = p.relative_to(ROOT / "src/fanlight").as_posix()
        counts[path] = violations(p.read_text(), path)
    assert not {path: dict(c) for path, c in counts.items() if c}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("found = 1", "forbidden name"),
        ("def f(own): ...", "forbidden name"),
        ("def f(*, room): ...", "private word"),
        ("def settled(): ...", "participle or adverb"),
        ("def _ordered(): ...", "participle or adverb"),
        ("def beside(): ...", "participle or adverb"),
        ("def f(a, b, c, d, e, g): ...", "many parameters"),
        ("@kernel()\ndef f(a, b, c, d, e, g, h, i, j): ...", "many parameters"),
        ("def f(a: Any): ...", "parameter of any type"),
        ("def f(a: Any | None = None): ...", "parameter of any type"),
        ("class Known: ...", "private word"),
        ("class _Parts: ...", "private word"),
        ("def f(edges): ...", "private word"),
        ("class Row:\n    starts: int", "private word"),
        ("self._products = 1", "private word"),
        ("two, _ = f()", "private word"),
        ("f(lambda cut: 0)", "private word"),
        ("self.found = 1", "forbidden name"),
        ("MOST = 1 << 12", "number without a reason"),
        ("A = 1  # bytes\nSTEPS, RATE = 5, 0.1", "number without a reason"),
        ("def f():\n" + "    g()\n" * 60, "long function"),
        ("g()\n" * 401, "long module"),
    ],
)
def test_the_test_of_language_can_fail(source, kind):
    assert violations(source, "engine/x.py") == {kind: 1}


@pytest.mark.parametrize(
    "source",
    [
        "def read(self, a, b, c, d, e, *, g): ...",
        "@kernel()\ndef f(a: Any, b, c, d, e, g, h, i): ...",
        "MOST = 1 << 12  # bytes",
        "# as papers have them\nSTEPS, RATE = 5, 0.1",
        "BITS = 24\nMASK = (1 << BITS) - 1  # of a width",
        "def f():\n" + "    g()\n" * 59,
        "g()\n" * 400,
    ],
)
def test_what_the_language_allows(source):
    assert not violations(source, "engine/x.py")


def test_a_word_is_allowed_where_it_has_another_sense():
    for word, paths in OTHER_SENSES.items():
        assert not [path for path in paths if not (ROOT / "src/fanlight" / path).exists()]
        assert not violations(f"{word} = f()", paths[0])
        assert violations(f"{word} = f()", "corpus/x.py") == {"private word": 1}


def test_tests_tools_and_benchmarks_say_the_noun():
    words = (FORBIDDEN | PRIVATE_WORDS) - set(OTHER_SENSES) - {"lines", "blocks", "marks"}  # of a text, of HTML
    names = {}
    for package in ("tests", "tools", "benchmarks"):
        for path in sorted((ROOT / package).rglob("*.py")):
            names[str(path.relative_to(ROOT))] = sorted(words & set(bindings(tree_of(path))))
    assert not {path: bound for path, bound in names.items() if bound}
    assert words & set(bindings(ast.parse("given = parser.parse_args()\ndef f(two): ..."))) == {"given", "two"}
