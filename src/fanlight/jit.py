"""Decorators that compile kernels: `kernel` for kernels called from Python, `inner` for those called from kernels only.

An inner kernel is linked into each kernel that calls it. It has no Python wrapper, no cache file and no machine code of
its own: Numba would optimise it once separately and again in each calling kernel, which is more than half of the
compilation time. Python must not call it.
"""

# mypy: disallow-untyped-calls=False, warn-unused-ignores=False
from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numba
import numpy as np
from numba.core.caching import IndexDataCacheFile
from numba.core.codegen import Codegen, JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, StateDict
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.errors import TypingError
from numba.core.typed_passes import AnnotateTypes
from numba.core.types.functions import BaseFunction
from numba.core.typing.context import Context

Type: TypeAlias = numba.types.Type
Types = tuple[Type, ...]
Function = TypeVar("Function", bound=Callable[..., Any])

_njit: Any = numba.njit  # the stubs lack some options
ZERO: Any = np.int64(0)  # an argument 0 would have the type of a literal, and compile a kernel twice
_OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy"}


def inner(allocates: bool = False, **options: Any) -> Callable[[Function], Function]:
    """Return a decorator for inner kernels; `options` are those of `numba.njit`.

    A kernel that allocates or returns arrays, or calls a kernel that returns arrays, needs reference counting
    (``allocates=True``). The others use arrays that their callers own. Counting references to the arrays of a network
    took 0.6 of the 1.4 microseconds of the first layer for a sentence.
    """
    decorate: Callable[[Function], Function] = _njit(
        no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=_InnerCompiler, _nrt=allocates,
        **_OPTIONS, **options,
    )  # fmt: skip
    return decorate


def kernel(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator for kernels; if no cache folder of Numba is writable, a temporary one is used."""

    def decorate(function: Function) -> Function:
        jit = _njit(cache=True, no_cfunc_wrapper=True, _nrt=True, **_OPTIONS | options)
        try:
            compiled: Function = jit(function)
        except RuntimeError:  # no locator available
            os.environ["NUMBA_CACHE_DIR"] = _temporary_folder()
            numba.config.reload_config()  # type: ignore[no-untyped-call]
            compiled = jit(function)
        # Numba's cache checks only the kernel's own file, but inner kernels and types are in other files. And it reads
        # an index before the check, which fails if a type no longer exists. So cache files are named by `stamp`.
        dispatcher: Any = compiled
        name = f"{function.__module__}.{function.__qualname__}-{stamp()[:16]}"
        index = IndexDataCacheFile(dispatcher._cache.cache_path, name, stamp())  # type: ignore[no-untyped-call]
        dispatcher._cache._cache_file = index
        return compiled

    return decorate


def cache_folder() -> Path:
    """Return the folder in which this package's kernels are cached."""
    return Path(_probe._cache.cache_path)  # type: ignore[attr-defined]  # Numba has no public attribute


@cache
def stamp() -> str:
    """Return a hash of the contents of all files with kernels; copies of the package share their cached kernels."""
    package = Path(__file__).parent
    files = {Path(__file__), *package.rglob("*kernels.py"), *package.glob("engine/*.py"), *package.glob("text/*.py")}
    digest = sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(package)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()


class _InnerLibrary(JITCodeLibrary):  # type: ignore[misc]  # Numba has no types
    """The library of an inner kernel: LLVM code that is optimised and translated only in the kernels that link it."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        return 0

    @property
    def codegen(self) -> Any:
        return _NoEnvironment(self._codegen)


class _NoEnvironment:
    """A code generator that ignores Python environments, which kernels do not need."""

    def __init__(self, codegen: Codegen) -> None:
        self._codegen = codegen

    def set_env(self, name: str, environment: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)


@register_pass(mutates_CFG=False, analysis_only=True)
class _UseInnerLibrary(LoweringPass):  # type: ignore[misc]
    _name = "use_inner_library"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: StateDict) -> bool:
        calls = [
            signature.return_type
            for expression, signature in state.calltypes.items()
            if getattr(expression, "op", "") == "call"
            and isinstance(state.typemap[expression.func.name], numba.types.Dispatcher)
        ]
        if not state.flags.nrt and any(_holds_array(t) for t in [state.return_type, *calls]):
            name = state.func_id.func_qualname  # without counting, the array is freed twice or never
            raise TypingError(f"{name}: gets or returns arrays, whose references it must count: inner(allocates=True)")
        state.library = _InnerLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return False


def _holds_array(kind: object) -> bool:
    if isinstance(kind, numba.types.BaseTuple):
        parts: Any = kind
        return any(map(_holds_array, parts))
    return isinstance(kind, numba.types.Array | numba.types.StructRef)


class _InnerCompiler(CompilerBase):  # type: ignore[misc]
    def define_pipelines(self) -> list[Any]:
        builder = DefaultPassBuilder.define_nopython_pipeline(self.state)
        builder.add_pass_after(_UseInnerLibrary, AnnotateTypes)
        builder.finalize()
        return [builder]


def _remember_signatures() -> None:
    """Cache Numba's overload resolution of its own operators and functions by argument types.

    For each ``a + b`` Numba tries its overloads for lists, strings, sets … in turn, which is a quarter of the
    compilation time. Signatures that depend on more than the argument types, such as those of compiled functions, are
    not cached.
    """
    resolve, signatures = BaseFunction.get_call_type, dict[Any, Any]()

    def get_call_type(self: BaseFunction, typing_context: Context, args: Types, kws: dict[str, Type]) -> Any:
        arguments = self, typing_context, args, tuple(kws.items())
        if arguments not in signatures:
            signature: Any = resolve(self, typing_context, args, kws)  # type: ignore[no-untyped-call]
            if self.get_impl_key(signature) is not self.typing_key:
                return signature
            signatures[arguments] = signature
        return signatures[arguments]

    BaseFunction.get_call_type = get_call_type  # type: ignore[method-assign, assignment]


_remember_signatures()


@cache
def _temporary_folder() -> str:
    folder = tempfile.mkdtemp(prefix="fanlight-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@kernel()
def _probe() -> int:
    return 0
