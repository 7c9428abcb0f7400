"""The choice of the engine: the plain one, until the compiled one has been prepared in the background.

Kernels are compiled once per machine and then loaded from Numba's cache. A child process compiles them, so that this
process can tag in the meantime and exit at any time. A thread then loads them.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fanlight.engine.plain import PlainEngine
from fanlight.errors import FanlightError
from fanlight.machine import ignoring_interrupts
from fanlight.network.modelfile import Model, save_model

if TYPE_CHECKING:
    import subprocess

    from fanlight.engine.compiled import CompiledEngine
    from fanlight.engine.interface import Engine

CHOICES = ("auto", "plain", "compiled")
HANDFUL = 16  # texts after which the compiled engine is prepared, or
CHARACTERS = 8192  # characters after which it is prepared
MANY = 1 << 16  # characters that the plain engine tags in more time than kernels take to load


class EngineSwitch:
    """The engines of one model.

    Parameters
    ----------
    model : Model
    choice : str
        "plain" or "compiled" for that engine only; "auto" for the plain one until the compiled one is ready.

    Attributes
    ----------
    state : str
        "plain" (nothing is being prepared), "loading", "compiling", "ready", or "unavailable" (no Numba here).

    Raises
    ------
    FanlightError
        The choice is unknown.
    """

    def __init__(self, model: Model, choice: str = "auto") -> None:
        if choice not in CHOICES:
            raise FanlightError(f"engine {choice!r}: choose {', '.join(CHOICES)}")
        self.model, self.choice = model, choice
        self._begin()
        _SWITCHES.add(self)

    def _begin(self) -> None:
        self.state = "plain"
        self._compiled: CompiledEngine | None = None
        self._prepared: Future[CompiledEngine | None] | None = None
        self._compiler: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._texts = self._characters = 0

    @cached_property
    def plain(self) -> PlainEngine:
        """The plain engine."""
        return PlainEngine(self.model)

    @property
    def ready(self) -> bool:
        """Whether `choose` will return the same engine from now on."""
        return self.choice == "plain" or self.state in ("ready", "unavailable")

    def choose(self, texts: int, characters: int, pending: int = 0) -> Engine:
        """Return the engine for the next texts; start to prepare the compiled one after a handful of texts.

        Parameters
        ----------
        texts, characters : int
            Number of texts, and of characters in them.
        pending : int
            Number of characters to be tagged afterwards. If there are many, the call waits for cached kernels to be
            loaded, which takes less than a second.

        Raises
        ------
        FanlightError
            The choice is "compiled", and Numba is not installed.
        """
        if self._compiled is not None:
            return self._compiled
        if self.choice == "compiled":
            self.warm()
            return self._compiled or self.plain
        if self.choice == "auto" and self._prepared is None:
            self._texts += texts
            self._characters += characters
            if self._texts > HANDFUL or self._characters + pending > CHARACTERS:
                self.prepare()
        if self._prepared is not None and characters + pending > MANY:
            while self.state == "loading":
                wait([self._prepared], 0.02)
        return self._compiled or self.plain

    def prepare(self) -> Future[CompiledEngine | None]:
        """Start to prepare the compiled engine in the background; return its future."""
        with self._lock:
            if self._prepared is None:
                self._prepared, self.state = Future(), "loading"
                thread = threading.Thread(target=self._prepare, args=[self._prepared], daemon=True)
                _THREADS.add(thread)
                thread.start()
            return self._prepared

    def warm(self, long_documents: bool = False) -> None:
        """Wait until the compiled engine is ready, including kernels for `long_documents` (over a megabyte) if asked.

        Raises
        ------
        FanlightError
            The choice is "compiled", and Numba is not installed.
        """
        engine = None if self.choice == "plain" else self.prepare().result()
        if engine is None and self.choice == "compiled":
            raise FanlightError("engine 'compiled': this needs numba: pip install numba")
        if engine is not None and long_documents:
            if self._compiler is not None:  # the child process compiles these kernels last
                self._compiler.wait()
            engine.warm_segments()

    def _prepare(self, prepared: Future[CompiledEngine | None]) -> None:
        try:
            engine = self._load()
        except ImportError:  # no Numba on this platform
            self.state = "unavailable"
            prepared.set_result(None)
        except Exception as error:
            self.state = "unavailable"
            prepared.set_exception(error)
            threading.main_thread().join(1)  # errors while the interpreter exits are not reported
            if threading.main_thread().is_alive():
                logging.getLogger("fanlight").error(
                    "the compiled engine cannot be prepared: the plain one answers", exc_info=error
                )
        else:
            self._compiled, self.state = engine, "ready"
            prepared.set_result(engine)
            if self._compiler is not None:
                with self._compiler as compiler:  # it still compiles the kernels for long documents
                    compiler.wait()
                atexit.unregister(compiler.kill)

    def _load(self) -> CompiledEngine:
        from fanlight import jit

        marker = jit.cache_folder() / f"fanlight-{_kind(self.model)}.ready"
        if not marker.exists():
            self.state = "compiling"
            with _one_compiler(marker.parent):
                if not marker.exists():
                    self._compiler = _compile_elsewhere(self.model)
                    return self._load_from_cache(marker)
        return self._load_from_cache(marker)

    def _load_from_cache(self, marker: Path) -> CompiledEngine:
        from fanlight.engine.compiled import CompiledEngine

        engine = CompiledEngine(self.model)
        engine.warm()
        marker.touch()
        return engine


@contextmanager
def _one_compiler(folder: Path) -> Iterator[None]:
    """Let one thread of one process compile at a time; the others can use most of its kernels."""
    from filelock import FileLock

    with _COMPILING, ExitStack() as stack:
        with suppress(OSError):  # the folder is not writable: each process compiles for itself
            stack.enter_context(FileLock(folder / "fanlight-compiling.lock"))
        yield


_COMPILING = threading.Lock()
_SWITCHES: weakref.WeakSet[EngineSwitch] = weakref.WeakSet()
_THREADS: weakref.WeakSet[threading.Thread] = weakref.WeakSet()  # threads that prepare engines


@atexit.register
def _end_threads() -> None:
    """Stop the threads that prepare engines: the process would crash if the interpreter stopped one within LLVM."""
    running = [thread for thread in _THREADS if thread.is_alive()]
    if not running:
        return
    import ctypes

    report = sys.unraisablehook
    # an exception in a callback from LLVM is reported and does not stop the thread, so SystemExit is set repeatedly
    sys.unraisablehook = lambda event: None if event.exc_type is SystemExit else report(event)
    for _ in range(50):
        for thread in running:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
            thread.join(0.2)
        running = [thread for thread in running if thread.is_alive()]
        if not running:
            return


def _begin_after_fork() -> None:
    """Reset all switches in a forked process, which has none of its parent's threads."""
    global _COMPILING
    _COMPILING = threading.Lock()
    _THREADS.clear()
    for switch in _SWITCHES:
        switch._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_after_fork)


def _kind(model: Model) -> str:
    """Return a hash of the kernels, the machine, and the properties of a model that determine the kernels' types."""
    from llvmlite import binding
    from numba import __version__

    from fanlight import jit

    configuration, stages = model.configuration, 1 + (model.first_stage is not None)
    kind = [
        configuration.unit,
        configuration.head,
        len(configuration.types),
        stages,
        model.gazetteer is None,
        model.patterns is None,
    ]
    machine = [__version__, binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()]
    return hashlib.sha256(repr([jit.stamp(), kind, machine]).encode()).hexdigest()[:24]


def _compile_elsewhere(model: Model) -> subprocess.Popen[bytes] | None:
    """Compile a model's kernels into the cache in a child process; return it when they are compiled.

    The child then compiles the kernels for long documents. It ends if this process ends.
    """
    if not Path(sys.executable or "").name.startswith("python"):
        return None  # Python is embedded in another program: compile in this process
    import subprocess

    with _folder() as folder:
        path = folder / "model.fanlight"
        save_model(model, path)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", _COMPILE, str(path)]
        pipe, silence = subprocess.PIPE, subprocess.DEVNULL  # an error occurs again in this process, which reports it
        try:
            with ignoring_interrupts():
                process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=silence, env=environment)
        except OSError:
            return None
        atexit.register(process.kill)
        assert process.stdout is not None
        process.stdout.readline()
    return process


@contextmanager
def _folder() -> Iterator[Path]:
    """Create a temporary folder; unlike that of `tempfile`, it is not removed at exit while a thread still uses it."""
    import shutil
    import tempfile

    folder = tempfile.mkdtemp()
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# standard input closes when the parent ends in any way
_COMPILE = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
from fanlight.engine.compiled import CompiledEngine
from fanlight.network.modelfile import load_model
engine = CompiledEngine(load_model(sys.argv[1]))
engine.warm()
print("ready", flush=True)
engine.warm_segments()
"""
