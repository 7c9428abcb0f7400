"""Whether entity probabilities come true, on a half of a labelled set that the temperature was not fitted on.

python benchmarks/calibration.py MODEL [--data ../shared/data/conll2003-en/dev.txt]

Also the share of the gold names that `fanlight mask` would leave readable, by type: those of which a character is
outside every entity found.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

import fanlight
from fanlight.corpus.readers import read_corpus
from fanlight.entities.reliability import reliability
from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.calibration import fit_temperature
from fanlight.training.dev_scoring import scale_scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data/conll2003-en/dev.txt")
    arguments = parser.parse_args()
    model = fanlight.load(arguments.model).model
    corpus = read_corpus(arguments.data, tokenise_sentences, unit=model.configuration.unit)
    halves = corpus.documents[::2], corpus.documents[1::2]
    types = set(corpus.types)

    def predict(documents: list, temperature: float) -> tuple[np.ndarray, np.ndarray]:
        tagger = Tagger(replace(model, parameters=scale_scores(model.parameters, temperature)))
        sure, right = [], []
        for document in documents:
            for sentence, spans in zip(document, tagger.sentences(document, probabilities=True), strict=True):
                chosen = [s for s in spans if s.type in types]
                sure += [s.probability for s in chosen]
                right += [s[:3] in sentence.spans for s in chosen]
        return np.array(sure), np.array(right)

    print("| fitted on | measured on | temperature | expected calibration error before | after |")
    print("|---|---|---|---|---|")
    for name, fitted, other in (("even", *halves), ("odd", *halves[::-1])):
        right = predict(fitted, 1.0)[1]
        t = fit_temperature(lambda t, fitted=fitted: predict(fitted, t)[0], right)
        before, after = reliability(*predict(other, 1.0)).error, reliability(*predict(other, t)).error
        print(f"| {name} documents | the others | {t:.3f} | {before:.2f} % | {after:.2f} % |", flush=True)

    tagger = Tagger(model)
    gold, missed = Counter(), Counter()
    for document in corpus.documents:
        for sentence, spans in zip(document, tagger.sentences(document), strict=True):
            covered = {t for s in spans for t in range(s.start, s.end)}
            for start, end, type_ in sentence.spans:
                gold[type_] += 1
                missed[type_] += not covered.issuperset(range(start, end))
    print("\n| type | names | readable after masking |\n|---|---|---|")
    for type_, count in [*sorted(gold.items()), ("all", gold.total())]:
        readable = missed.total() if type_ == "all" else missed[type_]
        print(f"| {type_} | {count} | {100 * readable / count:.2f} % |")


if __name__ == "__main__":
    main()
