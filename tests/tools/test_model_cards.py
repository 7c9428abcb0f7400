"""The pages of the bundled models say what their metadata say."""

import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from fanlight.network.modelfile import load_model
from fanlight.tagging.bundled import bundled_models, model_file

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from bundling import cards  # noqa: E402


@pytest.mark.parametrize("name", bundled_models())
def test_the_cards_are_written_from_the_models(name):
    page = ROOT / "docs" / "models" / f"{name}.md"
    model = load_model(model_file(name))
    assert page.read_text(encoding="utf-8") == cards.card(model), "run python tools/model_cards.py"
    words = cards.korean_words()
    korean = cards.card(model, lambda text: words.get(text, text))
    assert (ROOT / "docs" / "ko" / "models" / page.name).read_text(encoding="utf-8") == korean
    assert all(words[text] for text in [*model.provenance["limits"], model.provenance["intended use"]])
    changed = replace(model, provenance={**model.provenance, "version": "0"})
    assert page.read_text(encoding="utf-8") != cards.card(changed)


@pytest.mark.parametrize("name", bundled_models())
def test_the_notice_names_what_the_models_were_made_from(name):
    notice = (
        (ROOT / "NOTICE").read_text(encoding="utf-8").partition(f"models/{name}.fanlight\n")[2].partition("\n\n")[0]
    )
    provenance = load_model(model_file(name)).provenance
    assert notice.splitlines() == [f"- {source['name']}: {source['licence']}" for source in provenance["data"]]
    assert provenance["licence"] == "CC-BY-SA-4.0"


def test_the_text_of_each_licence_comes_with_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    code, *models = project["license"].split(" AND ")
    assert code == "Apache-2.0"
    assert {path.stem for path in (ROOT / "licenses").iterdir()} == set(models)
    assert {"LICENSE", "NOTICE", "licenses/*"} == set(project["license-files"])
