"""Tests whose libraries are not installed do not run, and are named at the end; `-m quick` runs a choice."""

import ast
import re
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path

import pytest

MODULES = {
    "axe-playwright-python": "axe_playwright_python", "import-linter": "importlinter",
    "haystack-ai": "haystack", "mlflow-skinny": "mlflow", "llama-index-core": "llama_index",
    "opensearch-py": "opensearchpy",
    "huggingface-hub": "huggingface_hub", "presidio-analyzer": "presidio_analyzer", "scikit-learn": "sklearn",
}  # fmt: skip
_EXTRA = re.compile(r"^([\w.-]+).*; extra ==")


def _missing_modules() -> set[str]:
    """Return the modules of optional requirements that are not installed."""
    names = {match.group(1) for line in requires("fanlight") or () if (match := _EXTRA.match(line))}
    modules = {MODULES.get(name, name.replace("-", "_")) for name in names}
    return {module for module in modules if find_spec(module) is None}


MISSING = _missing_modules()
QUICK = {  # of each room what is quick, and what in it trains, compiles, begins processes or has many random cases
    "tests/entities": (),
    "tests/values": (),
    "tests/corpus": (),
    "tests/test_architecture.py": (),
    "tests/text": (
        "test_automaton", "test_cases", "test_variations", "test_span_rules", "kernels", "test_boundaries",
        "what_is_read_and_refused",
    ),
    "tests/calculus": ("test_random", "test_fuzz", "test_named", "test_claims", "test_differences", "compiler"),
    "tests/network": ("test_chain", "test_network", "test_modelfile", "test_readings"),
    "tests/engine/test_offsets": ("compiled",),
    "tests/tagging/test_masking": (),
    "tests/training/test_optimisers": (),
    "tests/training/test_collate": (),
    "tests/api/test_history": ("watched", "handed_over", "resumed"),
    "tests/apps/test_entity_index": ("commands", "graph"),
    **{f"src/fanlight/{room}": () for room in ("calculus", "corpus", "entities", "files", "text", "values")},
}  # fmt: skip
_NEEDED = re.compile(r"No module named '([\w]+)|this needs (\w+): pip install")


def missing_library(message: str) -> str | None:
    """Return the library that an error says is not installed, if it is an optional one."""
    for match in _NEEDED.finditer(message):
        name = match.group(1) or match.group(2)
        if name in MISSING:
            return str(name)
    return None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out modules whose imports are missing, folders whose conftest's are, and what is not quick if asked to."""
    place = collection_path.relative_to(Path(__file__).parent).as_posix()
    if config.option.markexpr == "quick" and collection_path.suffix == ".py" and not is_quick(place):
        return True
    file = collection_path / "conftest.py" if collection_path.is_dir() else collection_path
    if not MISSING or file.suffix != ".py" or not file.is_file():
        return None
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
    missing = {name.partition(".")[0] for name in names} & MISSING
    if missing:
        _IGNORED[collection_path.relative_to(Path(__file__).parent).as_posix()] = sorted(missing)
        return True
    return None


_IGNORED: dict[str, list[str]] = {}


def is_quick(node: str) -> bool:
    """Tell whether a test is one of the quick ones, by its name from the root of the tree."""
    return any(node.startswith(room) and not any(part in node for part in slow) for room, slow in QUICK.items())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick tests."""
    for item in items:
        if is_quick(item.nodeid):
            item.add_marker(pytest.mark.quick)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Skip a test that failed, or skipped itself, for want of an optional library."""
    outcome = yield
    report = outcome.get_result()
    if not report.passed and MISSING and (name := missing_library(str(report.longrepr))):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, f"Skipped: NOT INSTALLED: {name}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what did not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    for sign, what in (("NO LABELLED DATA", "labelled data"), ("NO CHROMIUM", "Chromium")):
        count = sum(sign in str(report.longrepr) for report in skipped)
        if count:
            terminalreporter.write_sep("!", f"{count} tests need {what} and DID NOT RUN", red=True)
    missing = [report for report in skipped if "NOT INSTALLED" in str(report.longrepr)]
    if missing or _IGNORED:
        names = sorted(
            {str(r.longrepr).rpartition(": ")[2].strip("')") for r in missing}
            | {n for v in _IGNORED.values() for n in v}
        )
        text = f"{len(missing)} tests and {len(_IGNORED)} modules need {', '.join(names)} and DID NOT RUN"
        terminalreporter.write_sep("!", f"{text}: pip install '.[test-all]'", red=True)
