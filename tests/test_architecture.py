"""What keeps the house in order."""

import ast
import subprocess
import sys
import textwrap
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


@pytest.mark.parametrize(("command", "rooms"), [("tag", []), ("derive", ["formulas"])])
def test_a_command_imports_what_it_runs_alone(command, rooms):
    arguments = {"tag": ["Paris is nice."], "derive": ["x**3", "--wrt", "x", "--shape", "x="]}[command]
    script = f"import sys; sys.argv = {['fanlight', command, *arguments]!r}; from fanlight.apps.cli.edge import main\n"
    script += "try: main()\nexcept SystemExit: pass\nprint(*sys.modules, sep=chr(10))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    modules = [name.removeprefix("fanlight.apps.") for name in done.stdout.splitlines() if "fanlight.apps." in name]
    assert [name for name in modules if not name.startswith("cli")] == rooms


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
