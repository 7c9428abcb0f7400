"""Kinds of model: words a second, file to file, beside the ordinary one.

python benchmarks/model_kinds.py [--data ../shared/data] [--megabytes 50] [--rounds 3] [--only ordinary names ...]

Each kind is the English model with something added: names of several words or patterns as features (with small random
weights, so that they count), rules, or the logistic head in place of the chain. The text is that of tagging.py; each
run is a process of its own, from its start to its end. The kinds take turns, and of each the best round counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from measure import measured

from fanlight.network.configuration import Configuration
from fanlight.network.document_features import gazetteer_feature_width
from fanlight.network.modelfile import FirstStage, Model, load_model, save_model
from fanlight.tagging.bundled import model_file
from fanlight.text.gazetteers import Gazetteer
from fanlight.text.patterns import Patterns
from tagging import write_english

EXPRESSIONS = {
    r"\d+([.,]\d+)*": "NUMBER",
    r"\d{1,2}:\d\d": "TIME",
    r"(Mr|Mrs|Ms|Dr)\. [A-Z]\w+": "PERSON",
    r"[A-Z]{2,5}-\d+": "CODE",
    r"(mon|tues|wednes|thurs|fri|satur|sun)day": "DAY",
    r"[A-Z][a-z]+ (Inc|Corp|Ltd)\b": "FIRM",
}
NAMES = {"European Union": "BODY", "White House": "BODY", "Reuters": "FIRM", "New York": "CITY"}
KINDS = ("ordinary", "names", "patterns", "names and patterns", "rules", "logistic")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=KINDS, default=list(KINDS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        text, short = place / "text.txt", place / "short.txt"
        words = write_english(text, arguments.data / "raw-en", arguments.megabytes * 1_000_000)
        write_english(short, arguments.data / "raw-en", 100_000)
        commands = {kind: command(kind, place, arguments.data) for kind in arguments.only}
        print("| kind | words/s, one stage | of the ordinary | two stages | of the ordinary | peak memory, MB |")
        print("|---|---|---|---|---|---|")
        seconds: dict[tuple[str, int], list[float]] = {}
        memory: dict[str, float] = {}
        for kind in arguments.only:
            for stages in (1, 2):
                measured([*commands[kind], "--passes", str(stages), str(short)])  # compile, once
        for _ in range(arguments.rounds):
            for kind in arguments.only:
                for stages in (1, 2):
                    out = str(place / "out.jsonl")
                    taken, peak = measured([*commands[kind], "--passes", str(stages), str(text), "--out", out])
                    seconds.setdefault((kind, stages), []).append(taken)
                    memory[kind] = max(peak, memory.get(kind, 0))
        for kind in arguments.only:
            cells = []
            for stages in (1, 2):
                ordinary, best = min(seconds[arguments.only[0], stages]), min(seconds[kind, stages])
                cells += [f"{words / best:,.0f}", f"{ordinary / best:.0%}"]
            print(f"| {kind} | {' | '.join(cells)} | {memory[kind]:.0f} |", flush=True)


def command(kind: str, place: Path, data: Path) -> list[str]:
    """Return the command that tags with a kind of model, but for the file; its model is written to a folder."""
    model = load_model(model_file("en"))
    options = []
    if kind == "rules":
        path = place / "rules.tsv"
        lines = [f"{name}\t{type_}\n" for name, type_ in NAMES.items()]
        path.write_text("".join([*lines, *(f"re:{e}\t{type_}\n" for e, type_ in EXPRESSIONS.items())]))
        options = ["--rules", str(path)]
    elif kind == "logistic":
        model = with_logistic_head(model)
    elif kind != "ordinary":
        gazetteer = cities(data) if "names" in kind else None
        model = with_features(model, gazetteer, Patterns(NAMES, EXPRESSIONS) if "patterns" in kind else None)
    path = place / f"{kind}.fanlight"
    save_model(model, path)
    return [sys.executable, "-m", "fanlight", "tag", "--format", "jsonl", "--model", str(path), *options]


def cities(data: Path) -> Gazetteer:
    """Return the cities of the world, by their names in many languages, and countries, as two lists."""
    names, lists = [], []
    for line in (data / "gazetteers" / "cities15000.tsv").read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        spellings = [name for name in {columns[0], *columns[-1].split("|")} if len(name.strip()) > 2]
        names += spellings
        lists += ["CITY" if int(columns[2]) > 100_000 else "TOWN"] * len(spellings)
    return Gazetteer.of(names, lists, "word")


def with_features(model: Model, gazetteer: Gazetteer | None, patterns: Patterns | None) -> Model:
    """Return a model that is told the features of names and patterns, too."""
    width = gazetteer_feature_width(gazetteer, patterns)
    rng = np.random.default_rng(1)

    def widened(configuration: Configuration, parameters: dict[str, np.ndarray]) -> tuple[Configuration, dict]:
        weights = dict(parameters)
        for k in range(configuration.positions):
            new_columns = rng.normal(0, 0.01, (configuration.hidden, width)).astype(np.float32)
            before = parameters.get(f"E_{k}", new_columns[:, :0])
            weights[f"E_{k}"] = np.concatenate([new_columns, before], axis=1)
        return replace(configuration, evidence_width=configuration.evidence_width + width), weights

    configuration, parameters = widened(model.configuration, model.parameters)
    first_stage = model.first_stage and FirstStage(
        *widened(model.first_stage.configuration, model.first_stage.parameters)
    )
    return replace(
        model,
        configuration=configuration,
        parameters=parameters,
        first_stage=first_stage,
        gazetteer=gazetteer,
        patterns=patterns,
    )


def with_logistic_head(model: Model) -> Model:
    """Return a model whose types are tagged independently: each tag's score beside that of O."""

    def changed(configuration: Configuration, parameters: dict[str, np.ndarray]) -> tuple[Configuration, dict]:
        weights = {name: array for name, array in parameters.items() if name != "A"}
        weights |= {name: parameters[name][1:] - parameters[name][:1] for name in ("U", "c")}
        return replace(configuration, head="logistic", loss="logistic"), weights

    configuration, parameters = changed(model.configuration, model.parameters)
    first_stage = model.first_stage and FirstStage(
        *changed(model.first_stage.configuration, model.first_stage.parameters)
    )
    return replace(model, configuration=configuration, parameters=parameters, first_stage=first_stage)


if __name__ == "__main__":
    main()
