"""The entry point of the command line: user errors become one line and an exit status.

Status 0: success; 1: invalid input or output; 2: wrong usage; 130: interrupted. Heavy modules are imported within
functions, so that interrupts during imports are handled as well.
"""

from __future__ import annotations

import _thread
import errno
import io
import os
import signal
import sys
import threading

from fanlight.errors import Interrupt

CLOSED = "is closed"
RESEND = 0.1  # seconds until failures caused by an interrupt have occurred


def main() -> None:
    """Run the command line and exit with its status."""
    status = 1
    lost = _LostInterrupts()
    try:
        _open_streams()
        status = _run()
        if status == 0:  # else the fault is told
            status = 1
            sys.stdout.flush()
            status = 0
    except (KeyboardInterrupt, Interrupt) as stop:
        status = 130
        _report(": ".join(["interrupted", *map(str, stop.args)]))
    except BrokenPipeError:  # the reader of the pipe has ended, which is no error
        pass
    except OSError as fault:
        _report(_describe(fault))
    except MemoryError:
        _report("there is not enough memory: give less at once, or free memory")
    except UnicodeError as fault:
        _report(f"a text or a file name cannot be written in its encoding ({fault}): rename the file, or use UTF-8")
    except Exception:
        if not lost.noted:
            raise
        status = 130
        _report("interrupted")
    finally:
        lost.close()
        _discard_output()
    sys.exit(status)


def _run() -> int:
    import warnings

    from fanlight.apps.cli.tag_arguments import tag_arguments
    from fanlight.errors import FanlightError, FanlightWarning

    warnings.showwarning = _show_warning
    warnings.simplefilter("always", FanlightWarning)
    try:
        if tag_arguments(sys.argv[1:]):
            return 0
        from fanlight.apps.cli.main import program

        program(*sys.argv[1:2])(standalone_mode=True)
    except SystemExit as stop:
        if stop.code == 130:  # Typer's answer to an interrupt before the command
            raise KeyboardInterrupt from None
        if isinstance(stop.code, int | None):
            return stop.code or 0
        raise
    except FanlightError as error:
        _report(str(error))
        return 1
    return 0


def _report(message: str) -> None:
    from fanlight.apps.cli.terminal import printable

    try:
        print(f"fanlight: {printable(message)}", file=sys.stderr, flush=True)
    except (OSError, ValueError):  # standard error is full or closed: only the status remains
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def _describe(fault: OSError) -> str:
    from fanlight.files import unreadable, unwritable

    reason = fault.strerror or str(fault)
    if fault.filename is not None:
        name = os.fsdecode(fault.filename)
        full = fault.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS)
        return unwritable(name, fault) if full else unreadable(name, fault)
    if fault.errno == errno.EADDRINUSE or "address already in use" in reason:
        return f"{reason}: choose another --port"
    if CLOSED in reason:
        return f"{reason}: redirect it to a file or to /dev/null"
    return f"the output cannot be written ({reason}): free space, or choose another place"


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    _report(f"warning: {message}")


class _LostInterrupts:
    """Records interrupts in callbacks from C and in destructors, such as while LLVM compiles, and repeats them.

    There, Python only prints exceptions, and the caller may fail because the callback did not run.
    """

    def __init__(self) -> None:
        self.noted = False
        self._timer: threading.Timer | None = None
        self._hook, sys.unraisablehook = sys.unraisablehook, self._note

    def _note(self, fault: sys.UnraisableHookArgs) -> None:
        if not issubclass(fault.exc_type, KeyboardInterrupt):
            self._hook(fault)
            return
        self.noted = True
        self._timer = threading.Timer(RESEND, _interrupt)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """Stop recording and repeating interrupts."""
        sys.unraisablehook = self._hook
        if self._timer is not None:
            self._timer.cancel()


def _interrupt() -> None:
    """Interrupt the main thread, also during a blocking system call."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


class _Closed(io.RawIOBase):
    """Replaces a stream that was closed before the process started; writing raises an error."""

    def __init__(self, name: str) -> None:
        self._name = name

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        raise OSError(errno.EBADF, f"{self._name} {CLOSED}")

    def write(self, _: object) -> int:
        raise OSError(errno.EBADF, f"{self._name} {CLOSED}")


def _open_streams() -> None:
    """Fill descriptors 0 to 2, and choose encodings that can write every text."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass  # a file opened later must not become standard output
    os.close(descriptor)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_Closed("standard input")))
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_Closed("standard output")), "utf-8")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        if sys.stdout.isatty():
            sys.stdout.reconfigure(errors="backslashreplace")
        else:
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # like JSON, independent of the locale


def _discard_output() -> None:
    """Discard buffered output, which would fail with a traceback when the interpreter ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        try:
            descriptor = os.open(os.devnull, os.O_WRONLY)
            os.dup2(descriptor, sys.stdout.fileno())
        except (OSError, ValueError):
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
