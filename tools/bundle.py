"""Make the models that come with the package.

python tools/bundle.py en --data ../shared/data --vectors glove.vec
python tools/bundle.py ko --data ../shared/data

Trained on the train parts and chosen by dev parts alone. English learns from corpora that mark different types, under
CoNLL's names (`tools/bundling/corpora.py`), from silver labels of numbers and from generated sentences; Korean from
KLUE, whose quantities are divided by their units. What spaCy says for silver labels is kept in a folder (`--cache`).
The cards, `docs/models/*.md`, are written by `tools/model_cards.py`. With `--scores` a model that is there is only scored
anew: after a change of the rules that correct its spans.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bundling import english, korean
from bundling.cards import about, english_scores, korean_scores
from bundling.corpora import MEANINGS
from bundling.mixed_dev import NAMES, calibrated, parts_of

from fanlight.network.modelfile import Model, load_model, save_model
from fanlight.training.settings import Settings, read_settings
from fanlight.training.train import train_model

MODELS = Path(__file__).parent.parent / "src" / "fanlight" / "models"


def main() -> None:
    """Train, calibrate, score and write one model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", choices=["en", "ko"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--out", type=Path, help="by default the place of the bundled model")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "fanlight-silver")
    parser.add_argument("--free", action="store_true", help="en without the texts that are licensed for research")
    parser.add_argument("--scores", action="store_true", help="score the model that is there, and train none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
    arguments = parser.parse_args()
    out = arguments.out or MODELS / f"{arguments.language}.fanlight"
    out.parent.mkdir(exist_ok=True)
    changes: dict[str, Any] = {"seed": arguments.seed, **dict(change.split("=", 1) for change in arguments.set)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.scores:
            scores = _scores(arguments.language, out, arguments.data, folder)
            model = load_model(out)
            save_model(replace(model, provenance={**model.provenance, "scores": scores}), out)
            return
        if arguments.language == "en":
            if arguments.vectors is None:
                parser.error("en needs --vectors")
            gold = english.gold_corpora(arguments.data, arguments.cache, arguments.free)
            others = english.other_corpora(arguments.data, arguments.cache, gold, arguments.free)
            train, dev, extra = english.write_corpora(folder, {**gold, **others})
            meanings = {path.name: MEANINGS[path.stem] for path in (train, *extra)}
            settings = read_settings(None, {**english.SETTINGS, "corpora": meanings, **changes})
            _train(train, dev, out, settings, also=extra, vectors=arguments.vectors)
            model = _finished_english(load_model(out), arguments.data)
        else:
            settings = read_settings(None, {**korean.SETTINGS, **changes})
            train, dev, extra = korean.write_corpora(arguments.data, folder)
            _train(train, dev, out, settings, also=extra, gazetteers=[arguments.data / "gazetteers" / "ko-names.tsv"])
            model = load_model(out)
            model = replace(model, provenance={**model.provenance, "scores": korean_scores(out, dev)})
    save_model(replace(model, provenance={**model.provenance, **about(arguments.language, arguments.free)}), out)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


def _train(
    train: Path,
    dev: Path,
    out: Path,
    settings: Settings,
    *,
    also: Sequence[Path],
    vectors: Path | None = None,
    gazetteers: Sequence[Path] = (),
) -> None:
    epochs = train_model(train, dev, out, vectors, settings, gazetteers=gazetteers, also=also, warn=print)
    for epoch in epochs:
        dev_f1 = f"dev F1 {epoch.dev.f1:.2f}" if epoch.dev else ""
        print(f"{epoch.stage} epoch {epoch.number}: loss {epoch.loss:.4f} {dev_f1}", flush=True)


def _scores(language: str, model: Path, data: Path, folder: Path) -> dict[str, dict[str, float]]:
    """Return a model's scores on the dev parts; texts are written to a folder."""
    if language == "en":
        return english_scores(load_model(model), parts_of(data))
    return korean_scores(model, korean.write_corpora(data, folder)[1])


def _finished_english(model: Model, data: Path) -> Model:
    """Return the model calibrated on the mixed dev set, with its scores there."""
    parts = parts_of(data)
    # on the parts with names: what ieer-en calls a number differs from what the silver labels do
    model, temperature = calibrated(model, [part for part in parts.values() if part.types == NAMES])
    total = round(float(model.provenance.get("temperature", 1)) * temperature, 4)
    return replace(model, provenance={**model.provenance, "temperature": total, "scores": english_scores(model, parts)})


if __name__ == "__main__":
    main()
