"""A server on a machine that has compiled nothing yet: it answers at once and says what it is doing."""

import os
import socket
import subprocess
import sys
import time

import httpx
import pytest

WITHIN = 1.0  # seconds


@pytest.fixture
def cold_server(tmp_path):
    """The address of `fanlight serve` with an empty cache of kernels."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-m", "fanlight", "serve", "--port", str(port)], env=environment)
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(40)


def test_the_first_answer_comes_within_a_second_and_the_server_says_what_it_prepares(cold_server):
    with httpx.Client(base_url=cold_server, timeout=60) as client:
        for text, types in (
            ("Museums in Paris are amazing.", ["LOC"]),
            ("이순신은 서울에서 태어났다.", ["PER", "LOC"]),
        ):
            started = time.perf_counter()
            answer = client.post("/v1/tag", json={"text": text})
            assert time.perf_counter() - started < WITHIN
            assert [entity["type"] for entity in answer.json()["documents"][0]["entities"]] == types
        state = client.get("/v1/state").json()
        assert not state["ready"]
        assert "compiling" in state["models"].values()
        assert client.get("/readyz").status_code == 503
