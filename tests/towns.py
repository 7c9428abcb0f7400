"""The small corpus of towns, settings with which a network learns it in a second, and trainings that may be stopped."""

from pathlib import Path

from fanlight.training.settings import read_settings
from fanlight.training.train import train_model

TOWNS = Path(__file__).parent / "data" / "towns.conll"
SMALL = {"epochs": 6, "hidden": 32, "rate": 0.01, "dropout": 0.2, "input_dropout": 0.1, "feature_dropout": {}}
SMALL |= {"lower_share": 0.0, "upper_share": 0.0, "replacement_share": 0.0}
TWO_STAGES = {"passes": 2, "folds": 2}


def in_documents(size):
    """Return the small corpus as documents of so many sentences."""
    sentences = TOWNS.read_text(encoding="utf-8").strip().split("\n\n")
    runs = ["\n\n".join(sentences[i : i + size]) for i in range(0, len(sentences), size)]
    return "".join(f"-DOCSTART-\tO\n\n{run}\n\n" for run in runs)


def train_small(out, resume=False, stop_after=None, data=TOWNS, options=None, **changes):
    """Train on the small corpus, as far as epoch `stop_after`; return the epochs."""
    settings = read_settings(None, {**SMALL, **changes})
    run = train_model(data, data, out, None, settings, resume=resume, **(options or {}))
    epochs = []
    for epoch in run:
        epochs.append(epoch)
        if len(epochs) == stop_after:
            run.close()
            break
    return epochs
