"""Defaults on few sentences: Fanlight beside a linear-chain CRF (python-crfsuite) and spaCy's `ner`.

python benchmarks/small_data.py [--data ../shared/data] [--corpora conll2003-en ...] [--sizes 10 30 100 ...]

Each size is that many sentences drawn at random by the seed; every system learns from the same ones, none sees the dev
set, and all are scored on the same `--dev-sentences` of it, each sentence a document of its own. A cell is the mean F1
over the seeds (`--seeds` below 1,000 sentences, one from there on).

crfsuite has binary features of the tokens within ±2: word, lower case, prefixes and suffixes of up to four characters,
shape, and for Korean characters their word and place in it; L2 1e-3 and L1 0.1, 100 iterations of L-BFGS. spaCy is a
blank pipeline with `ner` alone, its default network, Adam, dropout 0.1 and batches of 100 to 1,000 words, for
`--spacy-steps` updates; for Korean its tokens are the characters.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

import fanlight
from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.entities.bioes import Span, spans_from_tags, tags_from_spans
from fanlight.entities.scores import score_spans
from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences

FILES = {  # files of training sentences, and of dev sentences
    "conll2003-en": (("conll2003-en/train.txt",), ("conll2003-en/dev.txt",)),
    "klue-ko": (("klue-ko/train.tsv",), ("klue-ko/dev.tsv",)),
    "crossner-en": tuple(
        tuple(f"crossner-en/{domain}-{part}.txt" for domain in ("ai", "literature", "music", "politics", "science"))
        for part in ("train", "dev")
    ),
    "gmb-en": (("gmb-en/train.txt",), ("gmb-en/dev.txt",)),
}
SIZES = (10, 30, 100, 300, 1000, 3000, 10_000)
RADIUS = 2
System = Callable[[Sequence[Sentence], Sequence[Sentence], int], list[list[Span]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--corpora", nargs="*", choices=list(FILES), default=list(FILES))
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--systems", nargs="*", default=["fanlight", "crfsuite", "spacy"])
    parser.add_argument("--dev-sentences", type=int, default=1000)
    parser.add_argument("--spacy-steps", type=int, default=1000)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="Settings of Fanlight.")
    arguments = parser.parse_args()
    settings = dict(item.split("=", 1) for item in arguments.set)
    systems: dict[str, System] = {
        "fanlight": lambda train, dev, seed: fanlight_spans(train, dev, {**settings, "seed": seed}),
        "crfsuite": crfsuite_spans,
        "spacy": lambda train, dev, seed: spacy_spans(train, dev, seed, arguments.spacy_steps),
    }
    print(f"| corpus | sentences | {' | '.join(arguments.systems)} | seconds |")
    print(f"|---|---|{'---|' * len(arguments.systems)}---|")
    for name in arguments.corpora:
        train, dev = (read_sentences(arguments.data, files) for files in FILES[name])
        dev = [dev[i] for i in np.linspace(0, len(dev) - 1, min(len(dev), arguments.dev_sentences)).astype(int)]
        for size in arguments.sizes:
            if size > len(train):
                continue
            seeds = arguments.seeds if size < 1000 else arguments.seeds[:1]
            cells, seconds = [], []
            for system in arguments.systems:
                began = time.perf_counter()
                scores = [scored(systems[system], drawn(train, size, seed), dev, seed) for seed in seeds]
                seconds.append(f"{(time.perf_counter() - began) / len(seeds):.1f}")
                cells.append(f"{statistics.mean(scores):.1f}")
            print(f"| {name} | {size:,} | {' | '.join(cells)} | {' / '.join(seconds)} |", flush=True)


def read_sentences(data: Path, files: Sequence[str]) -> list[Sentence]:
    return [s for file in files for s in read_corpus(data / file, tokenise_sentences).sentences if s.token_starts]


def drawn(sentences: Sequence[Sentence], size: int, seed: int) -> list[Sentence]:
    return [sentences[i] for i in np.random.default_rng(seed).permutation(len(sentences))[:size].tolist()]


def scored(system: System, train: Sequence[Sentence], dev: Sequence[Sentence], seed: int) -> float:
    return score_spans([list(s.spans) for s in dev], system(train, dev, seed)).f1


def fanlight_spans(train: Sequence[Sentence], dev: Sequence[Sentence], settings: dict[str, object]) -> list[list[Span]]:
    """Train from a file with defaults, and tag sentence by sentence."""
    with tempfile.TemporaryDirectory() as folder:
        if is_korean(train):
            file = Path(folder) / "train.jsonl"
            file.write_text("".join(map(json_line, train)), encoding="utf-8")
        else:
            file = Path(folder) / "train.conll"
            file.write_text("\n".join(write_columns(train)) + "\n", encoding="utf-8")
        tagger = Tagger(fanlight.train(file, **settings).model, "plain")  # nothing has to be compiled for a minute
    return [[span[:3] for span in spans] for spans in tagger.tag_sentences([[s] for s in dev])]


def json_line(sentence: Sentence) -> str:
    import json

    spans = [
        {"start": sentence.token_starts[a], "end": sentence.token_ends[b - 1], "label": type_}
        for a, b, type_ in sentence.spans
    ]
    return json.dumps({"text": sentence.text, "spans": spans}, ensure_ascii=False) + "\n"


def is_korean(sentences: Sequence[Sentence]) -> bool:
    return any("가" <= character <= "힣" for s in sentences[:10] for character in s.text)


def crfsuite_spans(train: Sequence[Sentence], dev: Sequence[Sentence], seed: int) -> list[list[Span]]:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    for sentence in train:
        trainer.append(
            crf_features(sentence), tags_from_spans(list(sentence.spans), len(sentence.token_starts), "IOB2")
        )
    trainer.set_params({"c1": 0.1, "c2": 1e-3, "max_iterations": 100, "feature.possible_transitions": True})
    with tempfile.NamedTemporaryFile() as file:
        trainer.train(file.name)
        tagger = pycrfsuite.Tagger()
        tagger.open(file.name)
        return [spans_from_tags(tagger.tag(crf_features(s)), "IOB2")[0] for s in dev]


def crf_features(sentence: Sentence) -> list[list[str]]:
    """Return the features of each token: those of the tokens within `RADIUS`, with their distance."""
    token_rows = list(token_features(sentence))
    nothing = ["outside"]
    return [
        [
            f"{k}:{feature}"
            for k in range(-RADIUS, RADIUS + 1)
            for feature in (token_rows[n + k] if 0 <= n + k < len(token_rows) else nothing)
        ]
        for n in range(len(token_rows))
    ]


def token_features(sentence: Sentence) -> Iterator[list[str]]:
    if is_korean([sentence]):
        for n, (start, token) in enumerate(zip(sentence.token_starts, sentence.tokens, strict=True)):
            left = sentence.text.rfind(" ", 0, start) + 1
            right = sentence.text.find(" ", start) % (len(sentence.text) + 1)
            word = sentence.text[left:right]
            yield [f"c={token}", f"cc={''.join(sentence.tokens[n : n + 2])}", f"w={word}", f"p={start - left}",
                   f"h={word[: start - left + 1]}", f"t={word[start - left :]}"]  # fmt: skip
        return
    for token in sentence.tokens:
        shape = "".join("X" if c.isupper() else "x" if c.islower() else "0" if c.isdigit() else c for c in token)
        features = [
            f"w={token}",
            f"l={token.lower()}",
            f"s={shape[:8]}",
            f"u={token.isupper()}",
            f"t={token.istitle()}",
        ]
        features += [f"p{k}={token[:k].lower()}" for k in range(1, 5)]
        yield features + [f"e{k}={token[-k:].lower()}" for k in range(1, 5)]


def spacy_spans(train: Sequence[Sentence], dev: Sequence[Sentence], seed: int, steps: int) -> list[list[Span]]:
    import spacy
    from spacy.tokens import Doc
    from spacy.training import Example
    from spacy.training.batchers import minibatch_by_words
    from spacy.util import fix_random_seed

    fix_random_seed(seed)
    nlp = spacy.blank("xx" if is_korean(train) else "en")
    nlp.add_pipe("ner")

    def doc_of(sentence: Sentence) -> Doc:
        after = [sentence.text[end : end + 1] == " " for end in sentence.token_ends]
        return Doc(nlp.vocab, words=list(sentence.tokens), spaces=after)

    examples = []
    for sentence in train:
        tags = tags_from_spans(list(sentence.spans), len(sentence.token_starts), "BILOU")
        examples.append(Example.from_dict(doc_of(sentence), {"entities": tags}))
    optimiser = nlp.initialize(lambda: examples)
    rng = np.random.default_rng(seed)
    step = 0
    while step < steps:
        shuffled = [examples[i] for i in rng.permutation(len(examples)).tolist()]
        words = round(min(1000, 100 * 1.001**step))
        for batch in minibatch_by_words(shuffled, size=words, discard_oversize=False):
            nlp.update(batch, sgd=optimiser, drop=0.1)
            step += 1
            if step >= steps:
                break
    ner = nlp.get_pipe("ner")
    return [[(e.start, e.end, e.label_) for e in ner(doc_of(sentence)).ents] for sentence in dev]


if __name__ == "__main__":
    main()
