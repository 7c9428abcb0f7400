"""Each compiled rule gives what its plain twin gives, and each kernel has a twin."""

import importlib
import pkgutil
from fnmatch import fnmatch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.dispatcher import Dispatcher

from fanlight.tagging.twins import TABLE

PACKAGES = ("engine", "text", "network")


def close(rows, twins, tolerance):
    assert len(rows) == len(twins)
    for row, twin in zip(rows, twins, strict=True):
        assert len(row) == len(twin)
        for a, b in zip(row, twin, strict=True):
            if isinstance(a, float):
                assert a == pytest.approx(b, abs=tolerance)
            else:
                assert a == b


@pytest.mark.parametrize("twin", TABLE, ids=[twin.name for twin in TABLE])
def test_twins_agree(twin):
    @given(twin.strategy(st))
    @settings(deadline=None, max_examples=60)
    def agree(case):
        close(twin.plain(case), twin.compiled(case), twin.tolerance)

    agree()


def kernels():
    """Return the names of all kernels that Python can call."""
    names = []
    for package_name in PACKAGES:
        package = importlib.import_module(f"fanlight.{package_name}")
        for module in pkgutil.walk_packages(package.__path__, f"fanlight.{package_name}."):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, Dispatcher) and value.__module__ == module.name and is_called(value):
                    names.append(f"{module.name.removeprefix('fanlight.')}.{name}")
    return names


def is_called(kernel):
    return not kernel.targetoptions.get("no_cpython_wrapper") and kernel.targetoptions.get("inline") != "always"


def test_each_kernel_has_a_twin():
    covered = [pattern for twin in TABLE for pattern in twin.kernels]
    alone = [name for name in kernels() if not any(fnmatch(name, pattern) for pattern in covered)]
    assert alone == ["text.numbers.parse_lines"], "whose twin is in tests/text/test_vectors.py"


def test_the_test_above_can_fail():
    assert len(kernels()) > 40
    assert not any(fnmatch("engine.new.kernel", pattern) for twin in TABLE for pattern in twin.kernels)


def test_the_table_names_kernels_that_exist():
    names = kernels()
    for twin in TABLE:
        for pattern in twin.kernels:
            assert any(fnmatch(name, pattern) for name in names), pattern


def test_names_are_distinct():
    assert len({twin.name for twin in TABLE}) == len(TABLE)
