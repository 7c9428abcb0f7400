"""Learning on without forgetting."""

import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import fanlight
from fanlight.api.update import compare_models, update_tagger
from fanlight.corpus.annotation import Annotation
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.bioes import TagSet
from fanlight.errors import DataError, ModelError, SettingsError
from fanlight.network.parameters import first_parameters
from fanlight.tagging.nearest_examples import read_rehearsal_sample
from fanlight.training.rehearsal_sample import draw_rehearsal_sample
from fanlight.training.update import inherit_parameters, update_settings
from tests.towns import SMALL, TOWNS, in_documents


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of towns, documents marked, that keeps a sample; and examples of a type that it lacks."""
    folder = tmp_path_factory.mktemp("update")
    (folder / "old.conll").write_text(in_documents(4), encoding="utf-8")
    days = ["Monday", "Tuesday", "Friday", "Sunday"]
    new = "".join(f"We\tO\nmet\tO\non\tO\n{days[n % 4]}\tS-DAY\nin\tO\nParis\tO\n\n" for n in range(40))
    (folder / "new.conll").write_text(new, encoding="utf-8")
    for name, stage_settings in (("one", {"passes": 1}), ("two", {"passes": 2, "folds": 2})):
        fanlight.train(folder / "old.conll", out=folder / name, **{**SMALL, "keep": 500, **stage_settings})
        fanlight.train(folder / "old.conll", out=folder / f"{name} bare", **{**SMALL, **stage_settings})
    return folder


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_new_type_is_learned_and_the_old_are_kept(folder, name):
    out = folder / f"{name} updated"
    epochs = list(update_tagger(folder / name, [folder / "new.conll"], out, settings={"epochs": 6, "rate": 0.01}))
    assert len(epochs) == 6
    assert set(fanlight.load(out).types) == {*fanlight.load(folder / name).types, "DAY"}
    new = compare_models(folder / name, out, folder / "new.conll")
    assert new["DAY"][0].f1 == 0
    assert new["DAY"][1].f1 > 95
    old = compare_models(folder / name, out, folder / "old.conll")
    assert old["all"][1].f1 > old["all"][0].f1 - 0.5
    assert old["all"][0].f1 > 80


def test_tables_keep_their_reach(folder, tmp_path):
    form = {"buckets": 512, "dimension": 8, "features": ["lower"]}
    tables = {"form": form, "shape": {**form, "features": ["shape"], "reach": 0}}
    old = fanlight.train(
        folder / "old.conll", out=tmp_path / "m", **{**SMALL, "epochs": 1, "keep": 9, "features": tables}
    )
    list(update_tagger(tmp_path / "m", [folder / "new.conll"], tmp_path / "n", settings={"epochs": 1}))
    new = fanlight.load(tmp_path / "n").model.configuration
    assert [group.reach for group in new.groups] == [None, 0]
    assert new.groups == old.model.configuration.groups


def test_an_updated_model_keeps_a_sample_of_all_it_learned_from(folder):
    """So a second update forgets neither the types of the first training nor that of the first update."""
    first_update, second_update = folder / "once", folder / "twice"
    zoo = "".join(f"The\tO\n{animal}\tS-ZOO\nis\tO\nold\tO\n\n" for animal in ["Elephant", "Tiger", "Lion"] * 12)
    (folder / "zoo.conll").write_text(zoo, encoding="utf-8")
    list(update_tagger(folder / "one", [folder / "new.conll"], first_update, settings={"epochs": 6, "rate": 0.01}))
    old, new = read_rehearsal_sample(fanlight.load(first_update).model)
    assert sorted(old, key=str) == sorted(read_rehearsal_sample(fanlight.load(folder / "one").model)[0], key=str)
    assert [len(new), {t for d in new for s in d for _, _, t in s.spans}] == [40, {"DAY"}]  # a sentence a document
    list(update_tagger(first_update, [folder / "zoo.conll"], second_update, settings={"epochs": 6, "rate": 0.01}))
    assert compare_models(first_update, second_update, folder / "zoo.conll")["ZOO"][1].f1 > 95
    assert compare_models(first_update, second_update, folder / "new.conll")["DAY"][1].f1 > 95
    before, after = compare_models(folder / "one", second_update, folder / "old.conll")["all"]
    assert after.f1 > before.f1 - 0.5
    assert len(read_rehearsal_sample(fanlight.load(second_update).model)) == 3


def test_a_sample_has_the_model_s_types():
    rows = [
        Sentence.of_words(["Ann", "saw", "Iraq"], spans) for spans in ([(0, 1, "per")], [(2, 3, "gpe")], [(0, 1, "x")])
    ]
    corpus = Corpus("a", "word", [[row] for row in rows])
    meaning = Annotation({"per": ("PER",), "gpe": ("LOC", "MISC"), "x": ()}, frozenset())
    rows_of_sample = draw_rehearsal_sample([corpus, corpus], [meaning, meaning], 9, 1)
    assert sorted((row.get("corpus", 0), *row["spans"]) for row in rows_of_sample) == [
        (0,), (0, (0, 1, "PER")), (1,), (1, (0, 1, "PER")),
    ]  # fmt: skip


def test_before_the_first_step_old_tags_score_as_they_did(folder):
    """Only the new tags, which stand before and between the old ones, are drawn."""
    model = fanlight.load(folder / "one").model
    old, new = model.configuration, replace(model.configuration, types=("DAY", *model.configuration.types, "ZOO"))
    drawn = first_parameters(new, np.random.default_rng(1))
    before = {name: array.copy() for name, array in drawn.items()}
    inherit_parameters(SimpleNamespace(configuration=new, parameters=drawn), model)
    places = [TagSet(new.types).tags.index(tag) for tag in TagSet(old.types).tags]
    added = sorted(set(range(new.tags)) - set(places))
    for name in ("U", "c"):
        np.testing.assert_array_equal(drawn[name][places], model.parameters[name])
        np.testing.assert_array_equal(drawn[name][added], before[name][added])
    rows = [*places, new.tags]
    np.testing.assert_array_equal(drawn["A"][np.ix_(rows, rows)], model.parameters["A"])
    np.testing.assert_array_equal(drawn["A"][added], before["A"][added])
    for name in drawn.keys() - {"U", "c", "A"}:
        np.testing.assert_array_equal(drawn[name], model.parameters[name])


@pytest.mark.parametrize(
    ("name", "trained", "chosen"), [("en", 250, 250), ("ko", 500, 500), ("en", 500, 250), ("en", 60, 60)]
)
def test_batches_are_at_most_those_that_the_steps_were_chosen_for(name, trained, chosen):
    model = fanlight.load(name, engine="plain").model
    settings = {**model.provenance["settings"], "batch_tokens": trained}
    settings = update_settings(replace(model, provenance={"settings": settings}), {})
    assert (settings.epochs, settings.rate, settings.batch_tokens) == (5, 0.0005, chosen)


def test_what_would_forget_is_refused(folder):
    out = folder / "x"
    with pytest.raises(DataError, match="nothing to rehearse"):
        list(update_tagger(folder / "one bare", [folder / "new.conll"], out))
    with pytest.raises(DataError, match="would be forgotten"):
        list(update_tagger(folder / "one", [folder / "new.conll"], out, rehearse=folder / "new.conll"))
    with pytest.raises(SettingsError, match="hidden: is the model's own"):
        list(update_tagger(folder / "one", [folder / "new.conll"], out, settings={"hidden": 9}))
    with pytest.raises(ModelError, match="does not exist: create it first"):
        list(update_tagger(folder / "one", [folder / "new.conll"], folder / "none" / "x"))
    assert not out.exists()


def test_the_model_s_own_answers_can_be_rehearsed(folder):
    lines = [
        " ".join(line.split("\t")[0] for line in s.split("\n"))
        for s in TOWNS.read_text(encoding="utf-8").strip().split("\n\n")
    ]
    (folder / "raw.txt").write_text("\n".join(lines), encoding="utf-8")
    out = folder / "from raw"
    list(
        update_tagger(
            folder / "one bare",
            [folder / "new.conll"],
            out,
            raw=folder / "raw.txt",
            settings={"epochs": 6, "rate": 0.01},
        )
    )
    old = compare_models(folder / "one bare", out, folder / "old.conll")
    assert old["all"][1].f1 > old["all"][0].f1 - 1
    assert compare_models(out, out, folder / "new.conll")["DAY"][1].f1 > 95


def test_the_command_reports_gain_and_loss(folder):
    command = [
        sys.executable,
        "-m",
        "fanlight",
        "update",
        str(folder / "one"),
        str(folder / "new.conll"),
        "--out",
        str(folder / "c"),
    ]
    done = subprocess.run(
        [*command, "--dev", str(folder / "old.conll"), "--set", "epochs=1"], capture_output=True, text=True, check=True
    )
    assert "F1 before" in done.stderr
    about = subprocess.run(
        [sys.executable, "-m", "fanlight", "info", str(folder / "one")], capture_output=True, text=True, check=True
    )
    assert json.loads(about.stdout)["sentences kept"] == 36
    assert "sample" not in json.loads(about.stdout)


def test_a_dev_set_of_the_new_type_alone_chooses_by_that_type(folder, tmp_path):
    out, new = tmp_path / "m", folder / "new.conll"
    epochs = list(update_tagger(folder / "one", [new], out, dev=new, settings={"epochs": 4, "rate": 0.01}))
    assert max(epoch.dev.f1 for epoch in epochs) > 95
    scores = fanlight.load(out).model.provenance["dev scores"]
    assert set(scores["types"]) == {"DAY"}
    assert scores["f1"] == pytest.approx(fanlight.evaluate(out, new, types=["DAY"]).f1, abs=0.1)
