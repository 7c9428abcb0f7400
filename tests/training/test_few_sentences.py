"""Models of a handful of sentences tag what the sentences say: neither everything nor nothing."""

import itertools

import pytest

import fanlight
from fanlight.tagging.tagger import Tagger
from fanlight.training.settings import read_settings

DRUGS = ["Aspirin", "Ibuprofen", "Metformin", "Warfarin", "Insulin", "Codeine", "Heparin", "Digoxin"]
ILLS = ["headache", "fever", "diabetes", "clots", "pain", "asthma", "gout", "cough"]
PEOPLE = list(itertools.product(["Ann", "Bob", "Eva", "Tom", "Ida", "Max"], ["Oslo", "Rome", "Paris", "Bonn", "Ulsan"]))


def drugs(count):
    rows = zip(itertools.cycle(DRUGS), itertools.cycle(ILLS))
    sentences = (f"{a}\tB-DRUG\nis\tO\ngiven\tO\nfor\tO\n{b}\tO\n.\tO\n\n" for a, b in rows)
    return "".join(itertools.islice(sentences, count))


def towns(count):
    sentences = (f"{a}\tB-PER\nlives\tO\nin\tO\n{b}\tB-LOC\n.\tO\n\n" for a, b in itertools.cycle(PEOPLE))
    return "".join(itertools.islice(sentences, count))


def trained(folder, text, seed=1):
    (folder / "few.conll").write_text(text, encoding="utf-8")
    return Tagger(fanlight.train(folder / "few.conll", seed=seed).model, "plain")


@pytest.mark.parametrize("count", [1, 2, 6, 31])
@pytest.mark.parametrize("seed", [1, 2])
def test_new_names_in_known_places_are_tagged_and_other_words_are_not(tmp_path, count, seed):
    tagger = trained(tmp_path, drugs(count), seed)
    for text in ("Aspirin is given for headache.", "Naproxen is given for migraine."):
        assert [(e.text, e.type) for e in tagger(text).entities] == [(text.split()[0], "DRUG")]
    words = "The weather is fine today and we walk all the way home ."
    assert sum(len(e.text.split()) for e in tagger(words).entities) <= len(words.split()) // 3


def test_two_types_are_told_apart(tmp_path):
    tagger = trained(tmp_path, towns(30))
    entities = [(e.text, e.type) for e in tagger("Zoe lives in Lima.").entities]
    assert entities == [("Zoe", "PER"), ("Lima", "LOC")]


def test_settings_of_few_tokens_give_way_to_the_user_s_and_to_more_data():
    few = read_settings(None, {}).resolve("word", 10, 10, False, tokens=150)
    assert (few.rate, few.radius, few.output_bias) == (0.005, 1, "frequency")
    chosen = read_settings(None, {"rate": 0.001, "radius": 2, "output_bias": "zero"})
    resolved = chosen.resolve("word", 10, 10, False, tokens=150)
    assert (resolved.rate, resolved.radius, resolved.output_bias) == (0.001, 2, "zero")
    many = read_settings(None, {}).resolve("word", 10_000, 10_000, False, tokens=150_000)
    assert (many.rate, many.radius, many.output_bias) == (0.002, 2, "zero")
