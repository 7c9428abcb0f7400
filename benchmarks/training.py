"""Training beside other libraries: scores, times and memory, each on the same data in one run.

python benchmarks/training.py [--data ../shared/data] [--vectors glove.vec] [--only crf spacy torch limits]

Needs sklearn-crfsuite, spacy and torch beside fanlight. Every run but PyTorch's epoch is a process of its own, with
the OpenBLAS settings of the environment removed; scores are exact entity F1 on the dev part.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ENVIRONMENT, measured

from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.readers import read_corpus
from fanlight.entities.bioes import spans_from_tags, tags_from_spans
from fanlight.entities.scores import score_spans
from fanlight.text.sentences import tokenise_sentences

RIVALS = ("crf", "spacy", "torch", "limits")
SOONEST = ["--set", "passes=1", "--set", "epochs=3", "--set", "rate=0.003"]  # to dev F1 93


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--only", nargs="*", choices=RIVALS, default=list(RIVALS))
    parser.add_argument(
        "--sentences", type=int, default=15_000, help="of gmb-en, and texts of kmou-ko, for both CRF and fanlight"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if "crf" in arguments.only:
            print("| data | system | dev F1 | seconds |\n|---|---|---|---|")
            for name, train in (("gmb-en", "train.txt"), ("kmou-ko", "train.jsonl")):
                against_crf(name, arguments.data / name / train, arguments, Path(folder))
        if "limits" in arguments.only:
            limits(arguments, Path(folder))
        if "spacy" in arguments.only:
            against_spacy(arguments, Path(folder))
        if "torch" in arguments.only:
            against_torch(arguments)


def fanlight(train: Path, dev: Path, out: Path, options: list[str]) -> tuple[float, float, float]:
    """Train in a process of its own; return dev F1, seconds and peak memory in MB."""
    command = [sys.executable, "-m", "fanlight", "train", str(train), "--dev", str(dev), "--out", str(out), *options]
    seconds, memory = measured(command)
    command = [sys.executable, "-m", "fanlight", "evaluate", str(out), str(dev), "--format", "json"]
    scored = subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True)
    return json.loads(scored.stdout)["f1"], seconds, memory


def against_crf(name: str, source: Path, arguments: argparse.Namespace, folder: Path) -> None:
    """Features of the words up to two places away, as the library's tutorial has them; for Korean, of characters."""
    import sklearn_crfsuite

    dev, part = Path(str(source).replace("train.", "dev.")), folder / source.name
    if source.suffix == ".jsonl":  # a text a line
        part.write_text("".join(source.open(encoding="utf-8").readlines()[: arguments.sentences]), encoding="utf-8")
    else:
        selection = read_corpus(source, tokenise_sentences).sentences[: arguments.sentences]
        part.write_text("\n".join(write_columns(selection, "IOB2")) + "\n", encoding="utf-8")
    corpora = [read_corpus(path, tokenise_sentences) for path in (part, dev)]
    began = time.perf_counter()
    crf = sklearn_crfsuite.CRF(c1=0.1, c2=0.1, max_iterations=100, all_possible_transitions=True)
    X = [[crf_features(s.tokens, t) for t in range(len(s.token_starts))] for s in corpora[0].sentences]
    crf.fit(X, [tags_from_spans(s.spans, len(s.token_starts), "IOB2") for s in corpora[0].sentences])
    predicted = crf.predict(
        [[crf_features(s.tokens, t) for t in range(len(s.token_starts))] for s in corpora[1].sentences]
    )
    spans = [spans_from_tags(tags)[0] for tags in predicted]
    f1 = score_spans([s.spans for s in corpora[1].sentences], spans).f1
    print(f"| {name} | sklearn-crfsuite, ±2 | {f1:.2f} | {time.perf_counter() - began:.0f} |", flush=True)
    options = ["--vectors", str(arguments.vectors)] if corpora[0].unit == "word" and arguments.vectors else []
    for label, selection in (("fanlight, vectors", options), ("fanlight", [])) if options else (("fanlight", []),):
        f1, seconds, _ = fanlight(part, dev, folder / "m.fanlight", selection)
        print(f"| {name} | {label} | {f1:.2f} | {seconds:.0f} |", flush=True)


def crf_features(tokens: list[str], t: int) -> dict[str, str | bool]:
    features: dict[str, str | bool] = {}
    for k in range(-2, 3):
        if not 0 <= t + k < len(tokens):
            features[f"{k}:border"] = True
            continue
        word = tokens[t + k]
        features |= {f"{k}:lower": word.lower(), f"{k}:suffix3": word[-3:], f"{k}:suffix2": word[-2:]}
        features |= {f"{k}:upper": word.isupper(), f"{k}:title": word.istitle(), f"{k}:digit": word.isdigit()}
        if k:
            features[f"{k}:pair"] = word + "|" + tokens[t]
    return features


def limits(arguments: argparse.Namespace, folder: Path) -> None:
    """How soon dev F1 93 is reached on CoNLL-2003, and the memory of a whole run."""
    train, dev = (arguments.data / "conll2003-en" / f"{part}.txt" for part in ("train", "dev"))
    vectors = ["--vectors", str(arguments.vectors)]
    print("\n| conll2003-en | dev F1 | seconds | peak memory, MB |\n|---|---|---|---|")
    for name, options in (("soonest", SOONEST), ("default", [])):
        f1, seconds, memory = fanlight(train, dev, folder / "m.fanlight", vectors + options)
        print(f"| {name} | {f1:.2f} | {seconds:.1f} | {memory:.0f} |", flush=True)


def against_spacy(arguments: argparse.Namespace, folder: Path) -> None:
    """spaCy's own recipe for CPUs, `init config --optimize efficiency`, run to its own end."""
    import spacy
    from spacy.tokens import Doc, DocBin

    train, dev = (arguments.data / "conll2003-en" / f"{part}.txt" for part in ("train", "dev"))
    blank = spacy.blank("en")
    for path in (train, dev):
        store = DocBin()
        for document in read_corpus(path, tokenise_sentences).documents:
            words = [token for s in document for token in s.tokens]
            firsts = [t == 0 for s in document for t in range(len(s.token_starts))]
            doc = Doc(blank.vocab, words=words, sent_starts=firsts)
            begins = [sum(len(s.token_starts) for s in document[:i]) for i in range(len(document))]
            doc.set_ents(
                [_span(doc, b + s, b + e, t) for b, x in zip(begins, document, strict=True) for s, e, t in x.spans]
            )
            store.add(doc)
        store.to_disk(folder / f"{path.stem}.spacy")
    config = folder / "config.cfg"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "spacy",
            "init",
            "config",
            str(config),
            "--lang",
            "en",
            "--pipeline",
            "ner",
            "--optimize",
            "efficiency",
        ],
        check=True,
        capture_output=True,
    )
    began = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "spacy",
            "train",
            str(config),
            "--output",
            str(folder / "spacy"),
            "--paths.train",
            str(folder / "train.spacy"),
            "--paths.dev",
            str(folder / "dev.spacy"),
        ],
        check=True,
        capture_output=True,
        env=ENVIRONMENT,
    )
    seconds = time.perf_counter() - began
    f1 = 100 * json.loads((folder / "spacy" / "model-best" / "meta.json").read_text())["performance"]["ents_f"]
    fanlight_f1, own_seconds, _ = fanlight(train, dev, folder / "m.fanlight", ["--vectors", str(arguments.vectors)])
    print("\n| conll2003-en | dev F1 | seconds |\n|---|---|---|")
    print(f"| spaCy {spacy.__version__}, efficiency | {f1:.2f} | {seconds:.0f} |")
    print(f"| fanlight, default | {fanlight_f1:.2f} | {own_seconds:.0f} |", flush=True)


def _span(doc: object, start: int, end: int, type_: str) -> object:
    from spacy.tokens import Span

    return Span(doc, start, end, label=type_)


def against_torch(arguments: argparse.Namespace) -> None:
    """One epoch over CoNLL-2003 of the same network, batches and threads: fanlight's loop and PyTorch, eager."""
    command = [
        sys.executable,
        str(Path(__file__).with_name("torch_epoch.py")),
        str(arguments.data / "conll2003-en" / "train.txt"),
        str(arguments.vectors),
    ]
    print("\n| conll2003-en, one epoch | seconds | loss a token |\n|---|---|---|", flush=True)
    for which in ("fanlight", "torch"):
        subprocess.run([*command, which], check=True, env=ENVIRONMENT)


if __name__ == "__main__":
    main()
