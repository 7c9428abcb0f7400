"""What keeps the house in order."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
HEAVY = {"numba", "typer", "rich", "pydantic", "safetensors", "llvmlite"}


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


def test_modules_can_be_read_in_one_sitting():
    too_long = {str(p): n for p in SOURCES if (n := len(p.read_text().splitlines())) > 450}
    assert not too_long


def test_nothing_is_pickled_or_evaluated():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {a.name for a in node.names} | {getattr(node, "module", "") or ""}
                assert not names & {"pickle", "marshal", "shelve", "dill", "joblib"}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "eval", path
                assert node.func.id != "exec" or path.name in ("fusion.py", "code_generation.py"), path


def test_exported_names_exist():
    import fanlight
    import fanlight.calculus

    for room in (fanlight, fanlight.calculus):
        assert sorted(room.__all__) == sorted(set(room.__all__))
        for name in room.__all__:
            assert getattr(room, name) is not None


SEARCHES = {"compile", "match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"}
INTERNAL_PATTERNS = {  # tables of literals, escaped templates
    "calculus/syntax.py", "calculus/lecture/korean.py", "text/normalisation.py", "text/tokens.py",
}  # fmt: skip


def variable_patterns(source):
    """Return the lines on which `re` gets a pattern that is no literal: a user's could block for ever."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
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
        and (n := variable_patterns(p.read_text()))
    }
    assert not lines
    assert variable_patterns("re.compile(x)\nre.sub('a', b, c)\nre.search(pattern=x)") == [1, 3]


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

    visit(ast.parse(path.read_text()))
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
