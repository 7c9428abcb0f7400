"""Which engine answers: the plain one until the compiled one is ready, which is prepared in the background.

Kernels are compiled once on a machine and then loaded from Numba's cache. They are compiled by a process of its own, so
that this one answers meanwhile and may end at any time; it then loads them in a thread.
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
HANDFUL = 16  # texts, or
CHARACTERS = 8192  # characters, after which a process has shown that it has more to tag
MANY = 1 << 16  # characters that the plain engine needs longer for than kernels to be loaded


class EngineSwitch:
    """The engines of one model.

    Parameters
    ----------
    model : Model
    choice : str
        "plain" or "compiled" for that engine alone; "auto": the plain one until the compiled one is ready.

    Attributes
    ----------
    state : str
        "plain" (nothing is being prepared), "loading", "compiling", "ready", or "unavailable" (no Numba here).

    Raises
    ------
    FanlightError
        There is no such choice.
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
        """The engine that needs no kernels."""
        return PlainEngine(self.model)

    @property
    def ready(self) -> bool:
        """Whether the engine that will stay answers."""
        return self.choice == "plain" or self.state in ("ready", "unavailable")

    def choose(self, texts: int, characters: int, pending: int = 0) -> Engine:
        """Return the engine for some more texts; prepare the compiled one, if they are more than a handful by now.

        Parameters
        ----------
        texts, characters : int
            How many will be tagged by the engine returned.
        pending : int
            Characters that are to be tagged after these. If they are many, kernels that need only be loaded are waited
            for: that takes less than a second.

        Raises
        ------
        FanlightError
            The compiled engine is asked for, and Numba is not installed.
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
        """Begin to prepare the compiled engine in the background; return what holds it when that is done."""
        with self._lock:
            if self._prepared is None:
                self._prepared, self.state = Future(), "loading"
                thread = threading.Thread(target=self._prepare, args=[self._prepared], daemon=True)
                _THREADS.add(thread)
                thread.start()
            return self._prepared

    def warm(self, long_documents: bool = False) -> None:
        """Wait until the compiled engine answers, and has loaded what `long_documents` (over a megabyte) need.

        Raises
        ------
        FanlightError
            It is asked for, and Numba is not installed.
        """
        engine = None if self.choice == "plain" else self.prepare().result()
        if engine is None and self.choice == "compiled":
            raise FanlightError("engine 'compiled': this needs numba: pip install numba")
        if engine is not None and long_documents:
            if self._compiler is not None:  # it goes on with these kernels, which this process would compile anew
                self._compiler.wait()
            engine.warm_segments()

    def _prepare(self, prepared: Future[CompiledEngine | None]) -> None:
        try:
            engine = self._load()
        except ImportError:  # no Numba on this platform: the plain engine is the whole product
            self.state = "unavailable"
            prepared.set_result(None)
        except Exception as error:
            self.state = "unavailable"
            prepared.set_exception(error)
            threading.main_thread().join(1)  # a process that ends begins no threads and no works any more: no fault
            if threading.main_thread().is_alive():
                logging.getLogger("fanlight").error(
                    "the compiled engine cannot be prepared: the plain one answers", exc_info=error
                )
        else:
            self._compiled, self.state = engine, "ready"
            prepared.set_result(engine)
            if self._compiler is not None:
                with self._compiler as compiler:  # which goes on with what long documents need
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
    """Let one thread of one process compile at a time: what it compiles is most of what the others need."""
    from filelock import FileLock

    with _COMPILING, ExitStack() as stack:
        with suppress(OSError):  # a folder that cannot be written to: the process compiles for itself
            stack.enter_context(FileLock(folder / "fanlight-compiling.lock"))
        yield


_COMPILING = threading.Lock()
_SWITCHES: weakref.WeakSet[EngineSwitch] = weakref.WeakSet()
_THREADS: weakref.WeakSet[threading.Thread] = weakref.WeakSet()  # that prepare engines


@atexit.register
def _end_threads() -> None:
    """End the threads that prepare engines: one that the interpreter ends within LLVM's code would end the process."""
    running = [thread for thread in _THREADS if thread.is_alive()]
    if not running:
        return
    import ctypes

    report = sys.unraisablehook
    # an exception within a function that LLVM calls ends nothing: it is reported, and the thread goes on
    sys.unraisablehook = lambda event: None if event.exc_type is SystemExit else report(event)
    for _ in range(50):
        for thread in running:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
            thread.join(0.2)
        running = [thread for thread in running if thread.is_alive()]
        if not running:
            return


def _begin_after_fork() -> None:
    """Begin anew in a child process, which has none of its parent's threads."""
    global _COMPILING
    _COMPILING = threading.Lock()
    _THREADS.clear()
    for switch in _SWITCHES:
        switch._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_after_fork)


def _kind(model: Model) -> str:
    """Return a hash of all that decides for which types kernels are compiled, and of the kernels themselves."""
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
    """Compile a model's kernels into the cache, in a process that ends with this one; return it when they are there.

    It goes on with the kernels for long documents.
    """
    if not Path(sys.executable or "").name.startswith("python"):
        return None  # embedded in another program: compile here
    import subprocess

    with _folder() as folder:
        path = folder / "model.fanlight"
        save_model(model, path)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", _COMPILE, str(path)]
        pipe, silence = subprocess.PIPE, subprocess.DEVNULL  # what fails there fails here, too, and is reported
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
    """Make a folder for this thread, which the end of the process leaves to it: tempfile would take it away in use."""
    import shutil
    import tempfile

    folder = tempfile.mkdtemp()
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# the pipe of standard input closes when the parent ends, however it ends
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
