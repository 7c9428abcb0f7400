"""Inputs of every kind, for every option that names one: missing, folders, packed, empty, no text at all."""

import gzip
import os
from pathlib import Path

import pytest

from fanlight.apps.cli.arguments import Input
from fanlight.files import replacing
from tests.apps.commands import MARKS, arguments, call

TOWNS = Path(__file__).parents[1] / "data" / "towns.conll"
TEXTS = "".join(f"Ann Lee of Acme lives in Oslo {n}.\nBob left Paris.\n" for n in range(20))
QUICK = "--set epochs=1 --set hidden=8 --set passes=1"
READ = {  # each option that names files, in a command that reads them; {} is its file
    "tag rules": ("rules.tsv", "tag texts.txt --model en --rules {}"),
    "train train": ("towns.conll", f"train {{}} --out m {QUICK}"),
    "train dev": ("towns.conll", f"train towns.conll --dev {{}} --out m {QUICK}"),
    "train vectors": ("vectors.txt", f"train towns.conll --vectors {{}} --out m {QUICK}"),
    "train gazetteer": ("rules.tsv", f"train towns.conll --gazetteer {{}} --out m {QUICK}"),
    "train patterns": ("rules.tsv", f"train towns.conll --patterns {{}} --out m {QUICK}"),
    "train also": ("towns.conll", f"train towns.conll --also {{}} --out m {QUICK}"),
    "train config": ("settings.toml", "train towns.conll --config {} --out m"),
    "train raw": ("texts.txt", "train towns.conll --raw {} --out m --set epochs=1"),
    "update new": ("towns.conll", "update model {} --rehearse towns.conll --out m --set epochs=1"),
    "update rehearse": ("towns.conll", "update model towns.conll --rehearse {} --out m --set epochs=1"),
    "update raw": ("texts.txt", "update model towns.conll --raw {} --out m --set epochs=1"),
    "update dev": ("towns.conll", "update model towns.conll --rehearse towns.conll --dev {} --out m --set epochs=1"),
    "vectors raw": ("texts.txt", "vectors {} --out v --minimum 1 --epochs 1"),
    "vectors without": ("towns.conll", "vectors texts.txt --without {} --out v --minimum 1 --epochs 1"),
    "evaluate data": ("towns.conll", "evaluate model {}"),
    "evaluate train": ("towns.conll", "evaluate model towns.conll --report --train {}"),
    "search train": ("towns.conll", f"search {{}} --dev towns.conll --out s --trials 1 {QUICK}"),
    "search dev": ("towns.conll", f"search towns.conll --dev {{}} --out s --trials 1 {QUICK}"),
    "search vectors": (
        "vectors.txt",
        f"search towns.conll --dev towns.conll --vectors {{}} --out s --trials 1 {QUICK}",
    ),
    "search space": ("space.toml", f"search towns.conll --dev towns.conll --space {{}} --out s --trials 1 {QUICK}"),
    "curve train": ("towns.conll", f"curve {{}} --dev towns.conll --points 3 {QUICK}"),
    "curve dev": ("towns.conll", f"curve towns.conll --dev {{}} --points 3 {QUICK}"),
    "curve vectors": ("vectors.txt", f"curve towns.conll --dev towns.conll --vectors {{}} --points 3 {QUICK}"),
    "next raw": ("texts.txt", "next {} --model en --count 2"),
    "convert source": ("towns.conll", "convert {} o.jsonl"),
    "check-data file": ("towns.conll", "check-data {}"),
    "check-data dev": ("towns.conll", "check-data towns.conll --dev {}"),
    "index files": ("texts.txt", "index {} o.db --model en"),
    "unmask key": ("key.json", "unmask texts.txt --key {}"),
    "package licence_file": ("licence.txt", "package model --licence MIT --licence-file {} --out o --overwrite"),
    "label texts": ("texts.txt", "label labels.db --texts {} --types PER --agreement"),
    "teach raw": ("texts.txt", f"teach {{}} --teacher rules.tsv --types ORG --out m --count 20 {QUICK}"),
    "teach vectors": (
        "vectors.txt",
        f"teach texts.txt --teacher rules.tsv --types ORG --out m --count 20 --vectors {{}} {QUICK}",
    ),
    "serve api_key_file": ("secret.txt", "serve --api-key-file {}"),
    "label api_key_file": ("secret.txt", "label labels.db --types PER --agreement --api-key-file {}"),
    "label annotator_keys": ("keys.tsv", "label labels.db --types PER --agreement --annotator-keys {}"),
}
NO_PACKED = {"find database", "graph database", "serve watch"}  # databases and what another process is writing
FOUND = {
    "rules.tsv": "Acme\tORG\n",
    "settings.toml": "epochs = 1\n",
    "space.toml": "hidden = [8]\n",
    "key.json": '{"[PER_1]": ["Ann Lee", "PER"]}',
    "licence.txt": "Do as you like.\n",
    "secret.txt": "secret\n",
    "keys.tsv": "ann\tsecret\n",
    "texts.txt": TEXTS,
    "vectors.txt": "Oslo 0.1 0.2\nParis 0.3 0.4\n",
}


def paths():
    return [
        (command, name, mark)
        for command, marks in MARKS.items()
        for name, mark in marks.items()
        if isinstance(mark, Input) and mark.path
    ]


@pytest.mark.parametrize(
    ("command", "name", "mark"), paths(), ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("kind", ["missing", "folder", "too long"])
def test_what_cannot_be_read_is_told_before_the_work(monkeypatch, capsys, tmp_path, command, name, mark, kind):
    source = tmp_path / ("a" * 300 if kind == "too long" else "source")
    if kind == "folder":
        source.mkdir()
        (source / "1").write_text("Ann lives in Oslo.\n")
        if mark.folder:
            pytest.skip("folders are read")
    elif mark.optional:
        pytest.skip("need not exist")
    values = {name: source}
    words = arguments(command, tmp_path, values)
    if mark.last_is_database:
        words.append(str(tmp_path / "db"))
    before = sorted(os.listdir(tmp_path))
    status, out, err = call(monkeypatch, capsys, *words)
    assert (status, out) == (1, "")
    assert err.startswith(f"fanlight: {source}: ")
    assert err.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == before


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    import fanlight

    folder = tmp_path_factory.mktemp("inputs")
    for name, text in FOUND.items():
        (folder / name).write_text(text)
    (folder / "towns.conll").write_bytes(TOWNS.read_bytes())
    fanlight.train(TOWNS, out=folder / "model", epochs=1)
    return folder


def test_the_table_has_every_option_that_names_files():
    assert {f"{command} {name}" for command, name, _ in paths()} == set(READ) | NO_PACKED


@pytest.mark.parametrize("use", READ)
def test_files_are_read_packed_and_from_folders(monkeypatch, capsys, place, tmp_path, use):
    pytest.importorskip("zstandard")
    monkeypatch.chdir(place)
    monkeypatch.setattr("fanlight.apps.cli.serve.run_server", lambda *_, **__: None)
    name, line = READ[use]
    mark = MARKS[use.split()[0]][use.split()[1]]
    for ending in [".gz", ".zst", *(["folder"] if mark.folder else [])]:
        packed = tmp_path / f"{name}{ending}"
        if ending == "folder":
            packed.mkdir()
            (packed / name).write_bytes((place / name).read_bytes())
        else:
            with replacing(packed) as part:
                part.write_bytes((place / name).read_bytes())
        status, _, err = call(monkeypatch, capsys, *(word.format(packed) for word in line.split()))
        assert status == 0, (ending, err)


@pytest.mark.parametrize("use", READ)
@pytest.mark.parametrize("kind", ["no text", "cut"])
def test_what_is_no_text_is_one_line(monkeypatch, capsys, place, tmp_path, use, kind):
    monkeypatch.chdir(place)
    monkeypatch.setattr("fanlight.apps.cli.serve.run_server", lambda *_, **__: None)
    path = tmp_path / ("a.gz" if kind == "cut" else "a")
    path.write_bytes(gzip.compress(bytes(range(256)) * 9)[:-20] if kind == "cut" else bytes(range(256)) * 9)
    status, _, err = call(monkeypatch, capsys, *(word.format(path) for word in READ[use][1].split()))
    assert status == 1
    last = err.splitlines()[-1]
    assert last.startswith(f"fanlight: {path}")
    assert "Traceback" not in err
    assert "codec can't" not in last


@pytest.mark.parametrize("line", ["tag {}", "tag {} --format conll", "train {} --out out.fanlight"])
@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_compressed_file_of_another_name_is_recognised(monkeypatch, capsys, tmp_path, line, ending):
    pytest.importorskip("zstandard")
    monkeypatch.chdir(tmp_path)
    with replacing(tmp_path / f"a{ending}") as part:
        part.write_bytes(TOWNS.read_bytes())
    path = tmp_path / "a.txt"
    (tmp_path / f"a{ending}").rename(path)
    status, _, err = call(monkeypatch, capsys, *line.format(path).split())
    assert status == 1
    assert err.splitlines()[-1] == f"fanlight: {path}:1: is compressed: unpack it, or let its name end with {ending}"
