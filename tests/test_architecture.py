"""What keeps the house in order."""

import ast
import subprocess
import sys
import textwrap
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PACKAGES = sorted(path.name for path in (ROOT / "src/fanlight").iterdir() if path.is_dir() and list(path.glob("*.py")))
HEAVY = {"numba", "typer", "rich", "pydantic", "safetensors", "llvmlite"}


@cache
def tree_of(path):
    """Return the syntax tree of a file, which several tests walk."""
    return ast.parse(path.read_text(encoding="utf-8"))


def test_imports_point_downwards_only():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def heavy_after(code):
    script = f"import sys; {code}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import fanlight", set()),
        ("import fanlight.calculus", set()),
        ("import fanlight; fanlight.load('en')('Museums in Paris are amazing to see.')", {"safetensors"}),
    ],
)
def test_nothing_heavy_is_imported_early(code, allowed):
    assert heavy_after(code) <= allowed


def test_the_test_above_can_fail():
    assert heavy_after("import pydantic") == {"pydantic"}


def test_nothing_is_pickled_or_evaluated():
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {a.name for a in node.names} | {getattr(node, "module", "") or ""}
                assert not names & {"pickle", "marshal", "shelve", "dill", "joblib"}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "eval", path
                assert node.func.id != "exec" or path.name in ("fusion.py", "code_generation.py"), path


def test_exported_names_exist():
    import fanlight
    import fanlight.calculus

    for package in (fanlight, fanlight.calculus):
        assert sorted(package.__all__) == sorted(set(package.__all__))
        for name in package.__all__:
            assert getattr(package, name) is not None


SEARCHES = {"compile", "match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"}
INTERNAL_PATTERNS = {  # tables of literals, escaped templates
    "calculus/syntax.py", "calculus/lecture/korean.py", "text/normalisation.py", "text/tokens.py",
}  # fmt: skip


def variable_patterns(tree):
    """Return the lines on which `re` gets a pattern that is no literal: a user's could block for ever."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr in SEARCHES) == ("re", True)
        and not (node.args and isinstance(node.args[0], ast.Constant))
    ]


def test_no_pattern_of_a_user_runs_on_re():
    lines = {
        str(p): n
        for p in SOURCES
        if p.relative_to(ROOT / "src/fanlight").as_posix() not in INTERNAL_PATTERNS
        and (n := variable_patterns(tree_of(p)))
    }
    assert not lines
    assert variable_patterns(ast.parse("re.compile(x)\nre.sub('a', b, c)\nre.search(pattern=x)")) == [1, 3]


def imported_modules(path, modules):
    """Return the modules of the package that a file imports, also in functions, but not for the type checker alone."""
    names = set()

    def visit(node):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            names.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            for a in node.names:
                names.add(full if (full := f"{node.module}.{a.name}") in modules else node.module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree_of(path))
    return names & modules


def circles(imports):
    """Return a module on each circle of imports: those that are left when modules that import none are taken away."""
    left = {module: set(names) - {module} for module, names in imports.items()}
    while free := [module for module, names in left.items() if not names & set(left)]:
        for module in free:
            del left[module]
    return sorted(left)


def test_no_module_imports_itself_by_way_of_others():
    paths = {".".join(p.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__"): p for p in SOURCES}
    imports = {module: imported_modules(path, set(paths)) for module, path in paths.items()}
    assert not circles(imports)
    imports["fanlight.errors"] = {"fanlight.calculus.language"}
    assert "fanlight.errors" in circles(imports), "this test can fail"


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
        ("self.kept = 1", "forbidden name"),
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


DOCUMENTED = {"_asdict", "_replace", "_fields", "_make"}  # of named tuples: public, whatever they begin with
SETTERS = {"setattr", "getattr", "hasattr", "delattr"}  # by name, those of monkeypatch too


def is_private(name):
    """Tell whether a name is of a private member: not `__init__`, not IPython's `_repr_html_`, not spaCy's `_`."""
    return name.startswith("_") and not name.endswith("_") and name not in DOCUMENTED


def private_members(tree):
    """Return the private members that a module reaches into: whatever begins with an underscore and is not its own."""
    definitions = {
        n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    definitions |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    definitions |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            of_itself = (
                isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") and node.attr in definitions
            )
            names += [node.attr] if not of_itself else []
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            names += [part for module in modules for part in module.split(".")]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in SETTERS:
            texts = [a.value for a in node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            names += [text.rpartition(".")[2] for text in texts]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "import " in node.value:
            names += script_members(node.value)
    return sorted(set(filter(is_private, names)))


def script_members(text):
    """Return the private members that a script within a module reaches into."""
    try:
        return private_members(ast.parse(textwrap.dedent(text)))
    except SyntaxError:
        return []  # a text about a script, or a template of one


def test_no_test_tool_or_benchmark_reaches_into_private_members():
    paths = [p for package in ("tests", "tools", "benchmarks") for p in sorted((ROOT / package).rglob("*.py"))]
    assert len(paths) > 200
    paths.remove(Path(__file__))  # whose samples are bad on purpose
    members = {str(path.relative_to(ROOT)): private_members(tree_of(path)) for path in paths}
    assert not {path: names for path, names in members.items() if names}


@pytest.mark.parametrize(
    ("source", "members"),
    [
        ("from fanlight.text.tokens import _rules", ["_rules"]),
        ("import numpy, fanlight._secret", ["_secret"]),
        ("tagger._engine.run(texts)", ["_engine"]),
        ("fanlight.load('en')._cache = {}", ["_cache"]),
        ("monkeypatch.setattr(switch, '_compile', slowly)", ["_compile"]),
        ("monkeypatch.setattr('fanlight.files._lock', None)", ["_lock"]),
        ("getattr(tagger, '_engine')", ["_engine"]),
        ("class Mine(Tagger):\n    def run(self):\n        return self._engine", ["_engine"]),
        ("run('import fanlight; print(fanlight.load()._engine)')", ["_engine"]),
        ("run('from fanlight.files import _lock')", ["_lock"]),
        ("class Mine:\n    def __init__(self):\n        self._a = self._b()\n    def _b(self): ...", []),
        ("row._asdict()['_index'], value._repr_html_(), token._.label, path.__class__", []),
    ],
)
def test_the_test_of_private_members_can_fail(source, members):
    assert private_members(ast.parse(source)) == members


def test_no_test_module_is_imported():
    """What tests share is in modules of its own, which pytest does not collect."""
    for package in ("tests", "tools", "benchmarks"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(tree_of(path)):
                modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not any(".test_" in module for module in modules), path


def test_every_package_has_quick_tests(pytestconfig):
    is_quick = pytestconfig.pluginmanager.get_plugin(str(ROOT / "conftest.py")).is_quick
    tests = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    quick = {name for name in PACKAGES for path in tests if path.startswith(f"tests/{name}/") and is_quick(path)}
    assert {"apps", "engine", "values"} <= set(PACKAGES)
    assert sorted({*quick, "files"}) == PACKAGES  # those of `files` are examples within it
