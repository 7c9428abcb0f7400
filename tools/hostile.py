"""Attacks on a server of our own: how long good requests take meanwhile, in seconds, which must stay below 1.

python tools/hostile.py [SECONDS OF EACH ATTACK]
"""

from __future__ import annotations

import gzip
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

LIMIT = 1.0
CODE = {"pattern": "[A-Z]{2}-\\d+", "type": "CODE"}
SLOW = {"expression": "exp(" * 95 + "x.T @ x" + ")" * 95, "wrt": "x"}
Attack = Callable[[str, threading.Event], None]


def slow_expressions(url: str, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(httpx.HTTPError):
            httpx.post(url + "/v1/derive", json=SLOW, timeout=30)


def large_bodies(url: str, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(httpx.HTTPError):
            httpx.post(url + "/v1/tag", content=b"a" * 50_000_000, timeout=30)


def deep_bodies(url: str, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(httpx.HTTPError):
            headers = {"content-type": "application/json"}
            httpx.post(url + "/v1/tag", content=b"[" * 1_000_000, headers=headers, timeout=30)


def slow_heads(url: str, stop: threading.Event) -> None:
    host, port = url.removeprefix("http://").split(":")
    open_ones: list[socket.socket] = []
    while not stop.wait(0.02):
        with suppress(OSError):
            s = socket.create_connection((host, int(port)))
            s.sendall(b"GET / HTTP/1.1\r\nHost: loc")
            open_ones.append(s)
            if len(open_ones) > 300:
                open_ones.pop(0).close()
    for s in open_ones:
        s.close()


def large_heads(url: str, stop: threading.Event) -> None:
    host, port = url.removeprefix("http://").split(":")
    while not stop.is_set():
        with suppress(OSError), socket.create_connection((host, int(port))) as s:
            s.sendall(b"GET / HTTP/1.1\r\n")
            while not stop.is_set():
                s.sendall(b"X: " + b"a" * 60_000 + b"\r\n")


def clients_that_go(url: str, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(httpx.HTTPError):
            httpx.post(url + "/v1/derive", json=SLOW, timeout=0.05)


def slow_bodies(url: str, stop: threading.Event) -> None:
    host, port = url.removeprefix("http://").split(":")
    open_ones: list[socket.socket] = []
    while not stop.wait(0.02):
        with suppress(OSError):
            s = socket.create_connection((host, int(port)))
            s.sendall(b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{")
            open_ones.append(s)
            if len(open_ones) > 300:
                open_ones.pop(0).close()
    for s in open_ones:
        s.close()


def hostile_rules(url: str, stop: threading.Event) -> None:
    """Ask for patterns whose tables take long; none is known already."""
    number = 0
    while not stop.is_set():
        number += 1
        slow_patterns = [
            f"(a{{50}}){{{50 + number % 40}}}|{number}",
            f"(a?){{200}}a{{200}}|{number}",
            f"(a+)+{number}$",
        ]
        many = [f"[a-z0-9{n}]{{1,{3 * n}}}(x|{number})" for n in range(1, 100)]
        for patterns in ([slow_patterns[0]], [slow_patterns[1]], [slow_patterns[2]], many):
            rules = [{"pattern": pattern, "type": "X"} for pattern in patterns]
            with suppress(httpx.HTTPError):
                httpx.post(url + "/v1/tag", json={"text": "a" * 5000 + "!", "rules": rules}, timeout=30)


def large_texts(url: str, stop: threading.Event) -> None:
    while not stop.is_set():
        for text in ("Ann Lee lives in Oslo. " * 80_000, "a" * 1_900_000, "e" + "\u0301" * 900_000, "a\n" * 900_000):
            with suppress(httpx.HTTPError):
                httpx.post(url + "/v1/tag", json={"text": text}, timeout=30)


def other_hosts(url: str, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(httpx.HTTPError):
            answer = httpx.get(url + "/v1/labels/export", headers={"host": "evil.example"}, timeout=30)
            assert answer.status_code == 421


ATTACKS: dict[str, tuple[Attack, int]] = {
    "slow expressions": (slow_expressions, 6),
    "clients that go": (clients_that_go, 4),
    "large bodies": (large_bodies, 1),
    "deep bodies": (deep_bodies, 2),
    "slow heads": (slow_heads, 1),
    "large heads": (large_heads, 1),
    "slow bodies": (slow_bodies, 1),
    "hostile rules": (hostile_rules, 4),
    "large texts": (large_texts, 2),
    "other hosts": (other_hosts, 2),
}


def worst(url: str, seconds: float) -> dict[str, float]:
    """Return the longest time that each kind of good request took."""
    good = {
        "tag": ("POST", "/v1/tag", {"text": "Museums in Paris are amazing to see."}),
        "rules or 429": ("POST", "/v1/tag", {"text": "Oslo has AB-12.", "rules": [CODE]}),
        "html": ("POST", "/v1/html", {"documents": [{"text": "Oslo", "entities": []}]}),
        "labels": ("GET", "/v1/labels?annotator=ada", None),
        "training": ("GET", "/v1/training", None),
        "page": ("GET", "/", None),
        "check or 429": ("POST", "/v1/check", {"expression": "x.T @ x", "wrt": "x", "gradient": "2 * x"}),
    }
    times = dict.fromkeys(good, 0.0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, (method, path, body) in good.items():
            began = time.perf_counter()
            answer = httpx.request(method, url + path, json=body, timeout=60)
            times[name] = max(times[name], time.perf_counter() - began)
            assert answer.status_code in ({200, 429} if "429" in name else {200}), (name, answer.text)
    return times


def bounded_line() -> str:
    """Return what a line of 1.5 GB in a small .gz costs: the reading process must end with an error, within 1 GB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt.gz"
        with gzip.open(path, "wb", 1) as file:
            for _ in range(1500):
                file.write(b"a" * 1_000_000)
        command = [sys.executable, "-m", "fanlight", "tag", str(path), "--model", "en"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        message = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        peak = usage.ru_maxrss / 1024
        assert os.waitstatus_to_exitcode(status) == 1, message
        assert "the line is longer" in message, message
        assert peak < 1024, peak
        return f"{peak:.0f} MB"


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([sys.executable, "-m", "fanlight", "serve", "--model", "en", "--port", str(port)])
    failed = False
    try:
        while True:
            with suppress(httpx.HTTPError):
                if httpx.get(url + "/readyz", timeout=5).status_code == 200:
                    break
            time.sleep(0.2)
        for name, (attack, count) in {"none": (lambda url, stop: None, 1), **ATTACKS}.items():
            stop = threading.Event()
            threads = [threading.Thread(target=attack, args=(url, stop)) for _ in range(count)]
            for thread in threads:
                thread.start()
            times = worst(url, seconds)
            stop.set()
            for thread in threads:
                thread.join()
            failed |= max(times.values()) >= LIMIT
            print(f"{name:18}", "  ".join(f"{kind} {t:.3f}" for kind, t in times.items()), flush=True)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)
    finally:
        server.kill()
    print("a line of 1.5 GB:", bounded_line())
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
