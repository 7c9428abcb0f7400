"""A soak: good and bad requests at once, for a long time. Is memory flat, is any answer wrong or lost?

python benchmarks/soak.py [--minutes 30] [--clients 8]

Prints the server's memory as it goes, then the counts. A good request must get the answer that it got the first time;
a bad one an error that names it, and no traceback.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from measure import ENVIRONMENT
from serving import PORT, wait_for

TEXTS = [
    "Museums in Paris are amazing to see.",
    "Ann Lee of Acme lives in New York 👍.",
    "서울에서 김민수 씨를 만났다.",
    "",
]
GOOD = [
    *(("/v1/tag", {"text": text}) for text in TEXTS),
    ("/v1/tag", {"texts": TEXTS * 20, "threshold": 0.5}),
    ("/v1/explain", {"text": TEXTS[0], "offset": 11}),
    ("/v1/html", {"documents": [{"text": TEXTS[0], "entities": [{"start": 11, "end": 16, "type": "LOC"}]}]}),
    ("/v1/derive", {"expression": "u.T @ tanh(W @ x + b)", "wrt": "W"}),
    ("/v1/check", {"expression": "x.T @ x", "wrt": "x", "gradient": "2 * x"}),
]
BAD = [  # body, and the status that it must get
    (b'{"text": "half', 422),
    (b'{"text": "\xff\xfe"}', 400),
    (b'{"text": 3}', 422),
    (b'{"text": "a", "model": "../../etc/passwd"}', 404),
    (b'{"text": "a", "unknown": 1}', 422),
    (b'{"text": "' + b"x" * 3_000_000 + b'"}', 422),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=8)
    arguments = parser.parse_args()
    server = subprocess.Popen([sys.executable, "-m", "fanlight", "serve", "--port", str(PORT)], env=ENVIRONMENT)
    counts: Counter[str] = Counter()
    try:
        wait_for(f"http://127.0.0.1:{PORT}/readyz")  # the plain engine rounds otherwise
        expected = [post(path, json.dumps(body).encode()) for path, body in GOOD]
        assert all(status == 200 for status, _ in expected), expected
        deadline = time.monotonic() + 60 * arguments.minutes
        threads = [
            threading.Thread(target=client, args=(n, deadline, expected, counts)) for n in range(arguments.clients)
        ]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        print("| minute | memory, MB |\n|---|---|")
        while any(thread.is_alive() for thread in threads):
            print(f"| {(time.monotonic() - began) / 60:.1f} | {resident(server.pid):.0f} |", flush=True)
            time.sleep(min(60, max(1, deadline - time.monotonic())))
        for thread in threads:
            thread.join()
        print(f"| end | {resident(server.pid):.0f} |\n")
    finally:
        server.terminate()
        status = server.wait(60)
    print(f"{dict(counts)}; the server ended with status {status}")
    sys.exit(counts["wrong"] > 0)


def client(seed: int, deadline: float, expected: list[tuple[int, bytes]], counts: Counter[str]) -> None:
    rng = random.Random(seed)
    while time.monotonic() < deadline:
        kind = rng.random()
        try:
            if kind < 0.8:
                number = rng.randrange(len(GOOD))
                path, body = GOOD[number]
                got = post(path, json.dumps(body).encode())
                right, message = got == expected[number], f"{path} {got[0]} {got[1][:200]!r}"
                counts["good"] += 1
            elif kind < 0.97:
                sent, status = rng.choice(BAD)
                got, answer = post("/v1/tag", sent)
                right, message = (
                    got == status and "error" in json.loads(answer),
                    f"{sent[:40]!r} {got} {answer[:200]!r}",
                )
                counts["bad"] += 1
            else:  # gone in the middle of its request
                with socket.create_connection(("127.0.0.1", PORT), 10) as gone:
                    gone.sendall(b"POST /v1/tag HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
                right = True
                counts["broken off"] += 1
        except (OSError, http.client.HTTPException, ValueError) as error:
            right, message = False, repr(error)
        if not right:
            counts["wrong"] += 1
            counts[f"wrong: {message}"] += 1
        time.sleep(rng.expovariate(20))  # the server is to be busy, not the machine


def post(path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    try:
        connection.request("POST", path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1e3


if __name__ == "__main__":
    main()
