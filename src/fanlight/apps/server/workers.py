"""Worker processes for untrusted expressions, with limits of time and memory.

A worker reads a request as a line of JSON and writes the response as another. A worker that exceeds the time is killed,
and the next request starts a new one. A request waits up to `PATIENCE` for a worker; then the pool is full.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any

from fanlight.apps.server.errors import BusyError
from fanlight.errors import CalculusError
from fanlight.machine import ignoring_interrupts

SECONDS = 5.0  # maximum time of a request
MEMORY = 2 << 30  # maximum bytes of a worker's address space
PATIENCE = 0.5  # seconds for which a request waits for a worker
WAITING = 16  # maximum number of waiting requests


class PoolFullError(BusyError):
    """All workers are busy, and enough requests wait."""


class WorkerPool:
    """A pool of worker processes, which are started on demand.

    Parameters
    ----------
    count : int
        Number of processes.
    seconds : float
        Maximum time of a request.
    """

    def __init__(self, count: int = 2, seconds: float = SECONDS) -> None:
        self._workers = [Worker() for _ in range(count)]
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._seconds, self._capacity, self._active = seconds, count + WAITING, 0
        self._threads = ThreadPoolExecutor(self._capacity, "fanlight-expressions")

    async def run(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Return the result of a function of `apps.server.formulas` for a request.

        Raises
        ------
        PoolFullError
            No worker is free.
        CalculusError
            The expression is invalid, or exceeds the limits of time or memory.
        """
        if self._active >= self._capacity:
            raise PoolFullError
        job = _Job(json.dumps({"name": name, "request": request}).encode() + b"\n")
        self._active += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, job)
        except asyncio.CancelledError:
            job.cancel()  # the client has gone
            raise
        finally:
            self._active -= 1

    def pids(self) -> list[int]:
        """Return the ids of the running processes."""
        return [pid for worker in self._workers if (pid := worker.pid) is not None]

    def close(self) -> None:
        """Kill the workers."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def _work(self, job: _Job) -> dict[str, Any]:
        try:
            worker = self._idle.get(timeout=PATIENCE)
        except Empty:
            raise PoolFullError from None
        try:
            job.worker = worker
            answer = None if job.cancelled else worker.ask(job.line, self._seconds)
        finally:
            job.worker = None
            with contextlib.suppress(OSError, CalculusError):
                worker.begin()  # so that the next request does not wait for a process to start
            self._idle.put(worker)
        if answer is None:
            raise CalculusError(f"the expression takes more than {self._seconds:g} s: make it smaller")
        if "fault" in answer:
            raise CalculusError(str(answer["fault"]))
        return dict(answer["result"])


class _Job:
    """A request, and the worker that handles it."""

    def __init__(self, line: bytes) -> None:
        self.line, self.cancelled = line, False
        self.worker: Worker | None = None

    def cancel(self) -> None:
        self.cancelled = True
        if (worker := self.worker) is not None:
            worker.kill()


class Worker:
    """One process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock, self._closed = threading.Lock(), False

    @property
    def pid(self) -> int | None:
        """The id of the process, None if there is none."""
        process = self._process
        return None if process is None else process.pid

    def ask(self, line: bytes, seconds: float) -> dict[str, Any] | None:
        """Return the response to a request; None after a timeout, which kills the process.

        Raises
        ------
        CalculusError
            The process ran out of memory.
        """
        process = self.begin()
        late = threading.Event()

        def stop() -> None:
            late.set()
            self.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        answer = b""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = process.stdout.readline()
        except (OSError, ValueError):
            pass
        finally:
            timer.cancel()
        if answer.endswith(b"\n"):
            return dict(json.loads(answer))
        self.kill()
        if late.is_set():
            return None
        raise CalculusError("the expression takes more memory than a request may: make it smaller")

    def kill(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
        _end(process)

    def begin(self) -> subprocess.Popen[bytes]:
        """Return the process when it is ready for requests, after starting it if necessary."""
        with self._lock:
            if self._closed or (self._process is not None and self._process.poll() is None):
                process = self._process
            else:
                _end(self._process)
                command = [sys.executable, "-c", "from fanlight.apps.server.workers import serve; serve()"]
                one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
                with ignoring_interrupts():
                    process = self._process = subprocess.Popen(
                        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **one_thread}
                    )
                assert process.stdout is not None
                process.stdout.readline()
        if process is None:
            raise CalculusError("the server is being stopped")
        return process

    def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self.kill()


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is None:
        return
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            if pipe is not None:
                pipe.close()


def serve() -> None:
    """Run the loop of a worker process: read requests from standard input and write responses."""
    from fanlight.apps.server import formulas
    from fanlight.errors import FanlightError

    _limit_memory()
    _end_with_parent(os.getppid())
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries must not print to the response stream
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            answer: dict[str, Any] = {"result": getattr(formulas, asked["name"])(asked["request"])}
        except FanlightError as error:
            answer = {"fault": str(error)}
        except (MemoryError, OverflowError, RecursionError):
            answer = {"fault": "the expression takes more memory or larger numbers than a request may: make it smaller"}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _end_with_parent(parent: int) -> None:
    """Make a worker exit if the server is killed during a computation."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
