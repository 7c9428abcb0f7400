"""Which engine answers: the plain one until the compiled one is ready, which is prepared in the background.

Kernels are compiled once on a machine and then loaded from Numba's cache. They are compiled by a process of its own, so
that this one answers meanwhile and may end at any time; it then loads them in a thread.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fanlight.engine.plain import PlainEngine
from fanlight.errors import FanlightError
from fanlight.network.modelfile import Model, save_model

if TYPE_CHECKING:
    from fanlight.engine.compiled import CompiledEngine
    from fanlight.engine.interface import Engine

CHOICES = ("auto", "plain", "compiled")
HANDFUL = 16  # texts, or
CHARACTERS = 8192  # characters, after which a process has shown that it has more to tag


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
        self.state = "plain"
        self._compiled: CompiledEngine | None = None
        self._prepared: Future[CompiledEngine | None] | None = None
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

    def choose(self, texts: int, characters: int) -> Engine:
        """Return the engine for some more texts; prepare the compiled one, if they are more than a handful by now.

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
            if self._texts > HANDFUL or self._characters > CHARACTERS:
                self.prepare()
        return self.plain

    def prepare(self) -> Future[CompiledEngine | None]:
        """Begin to prepare the compiled engine in the background; return what holds it when that is done."""
        with self._lock:
            if self._prepared is None:
                self._prepared = Future()
                threading.Thread(target=self._prepare, args=[self._prepared], daemon=True).start()
            return self._prepared

    def warm(self) -> None:
        """Wait until the compiled engine answers.

        Raises
        ------
        FanlightError
            It is asked for, and Numba is not installed.
        """
        if self.choice != "plain" and self.prepare().result() is None and self.choice == "compiled":
            raise FanlightError("engine 'compiled': this needs numba: pip install numba")

    def _prepare(self, prepared: Future[CompiledEngine | None]) -> None:
        try:
            self.state = "loading"
            engine = self._load()
        except ImportError:  # no Numba on this platform: the plain engine is the whole product
            self.state = "unavailable"
            prepared.set_result(None)
        except BaseException as error:
            self.state = "unavailable"
            prepared.set_exception(error)
        else:
            self._compiled, self.state = engine, "ready"
            prepared.set_result(engine)
            if engine is not None:
                engine.warm_segments()

    def _load(self) -> CompiledEngine | None:
        from fanlight import jit
        from fanlight.engine.compiled import CompiledEngine

        marker = jit.cache_folder() / f"fanlight-{_kind(self.model)}.ready"
        if not marker.exists():
            self.state = "compiling"
            _compile_elsewhere(self.model)
        engine = CompiledEngine(self.model)
        engine.warm()
        marker.touch()
        return engine


def _kind(model: Model) -> str:
    """Return a hash of all that decides for which types kernels are compiled, and of the kernels themselves."""
    from llvmlite import binding
    from numba import __version__

    sources = sorted(Path(__file__).parents[1].rglob("*kernels.py")) + sorted(Path(__file__).parent.glob("*.py"))
    stamps = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sources]
    made, stages = model.configuration, 1 + (model.first is not None)
    kind = [made.unit, made.head, len(made.types), stages, model.gazetteer is None, model.patterns is None]
    machine = [__version__, binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()]
    return hashlib.sha256(repr([stamps, kind, machine]).encode()).hexdigest()[:24]


def _compile_elsewhere(model: Model) -> None:
    """Compile a model's kernels into the cache, in a process that ends with this one."""
    if not Path(sys.executable or "").name.startswith("python"):
        return  # embedded in another program: compile here
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.fanlight"
        save_model(model, path)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", _COMPILE, str(path)]
        try:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
        except OSError:
            return
        atexit.register(process.kill)
        with process:  # which waits, and closes the pipe after that
            process.wait()
        atexit.unregister(process.kill)


# the pipe of standard input closes when the parent ends, however it ends
_COMPILE = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
from fanlight.engine.compiled import CompiledEngine
from fanlight.network.modelfile import load_model
engine = CompiledEngine(load_model(sys.argv[1]))
engine.warm()
"""
