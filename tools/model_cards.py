"""Write docs/models/*.md from the metadata of the bundled models.

python tools/model_cards.py
"""

from __future__ import annotations

from pathlib import Path

from bundling.cards import card

from fanlight.network.modelfile import load_model
from fanlight.tagging.bundled import bundled_models, model_file

FOLDER = Path(__file__).parent.parent / "docs" / "models"


def pages() -> dict[Path, str]:
    """Return the page of each bundled model, by its place."""
    return {FOLDER / f"{name}.md": card(load_model(model_file(name))) for name in bundled_models()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for place, page in pages().items():
        place.write_text(page, encoding="utf-8")
