"""Write docs/models/*.md and docs/ko/models/*.md from the metadata of the bundled models.

python tools/model_cards.py
"""

from __future__ import annotations

from pathlib import Path

from bundling.cards import card, korean_words

from fanlight.network.modelfile import load_model
from fanlight.tagging.bundled import bundled_models, model_file

FOLDER = Path(__file__).parent.parent / "docs" / "models"
KOREAN_FOLDER = FOLDER.parent / "ko" / "models"


def pages() -> dict[Path, str]:
    """Return the pages of each bundled model, in English and Korean, by their places."""
    korean = korean_words()
    cards: dict[Path, str] = {}
    for name in bundled_models():
        model = load_model(model_file(name))
        cards[FOLDER / f"{name}.md"] = card(model)
        cards[KOREAN_FOLDER / f"{name}.md"] = card(model, lambda text: korean.get(text, text))
    return cards


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    KOREAN_FOLDER.mkdir(exist_ok=True)
    for place, page in pages().items():
        place.write_text(page, encoding="utf-8")
