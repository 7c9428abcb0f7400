"""Folders tagged in shards: the plan, the protocol, the engines."""

import json
import subprocess
import sys
from functools import partial

import pytest

import fanlight
from fanlight.apps import shards
from fanlight.apps.shards import Job, Row, local, plan, read_shards, tag_shard, tag_shards
from fanlight.errors import DataError
from fanlight.tagging.lines import read_blocks
from fanlight.tagging.rules import read_rules
from fanlight.tagging.stream import tag_lines

LINES = [f"Museums in Paris met Ada Lovelace {n} times.\n" for n in range(40)]


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    (place / "a.txt").write_text("".join(LINES[:30]))
    (place / "b.txt").write_text("파리의 박물관은 놀랍다.\n" + "".join(LINES[30:]).rstrip("\n"))
    (place / "c.txt").write_text("")
    return place


def in_process(job, chosen_shards, workers):
    for shard in reversed(chosen_shards):
        yield tag_shard(job, shard)


def run(folder, out, size=400, resume=False, engine=in_process, **options):
    job = Job(str(out), options.get("model"), options.get("threshold", {"": 0.0}), None, options.get("rules"))
    files = sorted(str(path) for path in folder.iterdir())
    return [row for row, _ in tag_shards(files, job, 2, engine, resume, size=size)]


def tagged_by_one(folder, rules=None):
    """Return the lines of a folder's files, tagged by one process for all."""
    tagger = partial(fanlight.load, engine="compiled")
    blocks = (block for path in sorted(folder.iterdir()) for block in read_blocks(str(path)))
    return b"".join(text for _, text in tag_lines(blocks, tagger, 0.0, rules))


@pytest.mark.parametrize("size", [1, 45, 46, 400, 10**6])
def test_shards_hold_every_line_once(folder, size):
    path = str(folder / "a.txt")
    data = (folder / "a.txt").read_bytes()
    parts = [data[s.begin : s.end] for s in plan([path], size)]
    assert b"".join(parts) == data
    assert all(part.endswith(b"\n") for part in parts)
    assert len(parts) == (30 if size == 1 else len(parts)) > (size < len(data))


def test_shards_and_their_size_do_not_change_the_output(folder, tmp_path):
    expected = tagged_by_one(folder)
    for size in (100, 10**6):
        out = tmp_path / str(size)
        rows = run(folder, out, size)
        assert sum(row.rows for row in rows) == 41
        assert b"".join(read_shards(out)) == expected


def test_processes_and_their_number_do_not_change_the_output(folder, tmp_path):
    run(folder, tmp_path / "plain")
    run(folder, tmp_path / "processes", engine=local)
    assert list(read_shards(tmp_path / "plain")) == list(read_shards(tmp_path / "processes"))


def test_a_run_that_broke_off_is_gone_on_with(folder, tmp_path):
    out = tmp_path / "out"

    def breaking(job, chosen_shards, workers):
        yield tag_shard(job, chosen_shards[0])
        tag_shard(job, chosen_shards[1])  # written, but not listed
        raise DataError("broken off")

    with pytest.raises(DataError, match="broken off"):
        run(folder, out, engine=breaking)
    with pytest.raises(DataError, match=r"1 of \d+ shards are done"):
        list(read_shards(out))
    with open(out / shards.MANIFEST, "a") as file:
        file.write('{"shard": 1, "fi')  # the line a kill cut off
    (out / ".000003.jsonl.77.tmp").write_text("half a li")
    with pytest.raises(DataError, match="holds a run"):
        run(folder, out)
    with pytest.raises(DataError, match="other files, model or options"):
        run(folder, out, resume=True, threshold={"": 0.5})
    rows = run(folder, out, resume=True)
    assert 0 not in {row.shard for row in rows}
    assert not list(out.glob(".*.tmp"))
    run(folder, tmp_path / "plain")
    assert list(read_shards(out)) == list(read_shards(tmp_path / "plain"))


def test_a_shard_that_is_gone_is_done_again_and_a_file_that_grew_is_another(folder, tmp_path):
    out = tmp_path / "out"
    rows = run(folder, out)
    before = list(read_shards(out))
    (out / rows[0].file).unlink()
    assert [row.shard for row in run(folder, out, resume=True)] == [rows[0].shard]
    assert list(read_shards(out)) == before
    with open(folder / "c.txt", "a") as file:
        file.write("More.\n")
    with pytest.raises(DataError, match="other files"):
        run(folder, out, resume=True)


def test_rules_stand_beside_the_model(folder, tmp_path):
    rules = tmp_path / "rules.tsv"
    rules.write_text("Museums in Paris\tMUSEUM\nre:\\d+ times\tCOUNT\n파리의\tLOC\n")
    expected = tagged_by_one(folder, read_rules(rules, "longest"))
    assert expected.count(b"MUSEUM") == expected.count(b"COUNT") == 40
    run(folder, tmp_path / "out", rules=(str(rules), "longest"))
    assert b"".join(read_shards(tmp_path / "out")) == expected
    rules.write_text("Paris\tX\n")
    with pytest.raises(DataError, match="other files, model or options"):
        run(folder, tmp_path / "out", resume=True, rules=(str(rules), "longest"))


def test_a_file_that_is_not_the_one_listed_is_refused(folder, tmp_path):
    run(folder, tmp_path / "out")
    (tmp_path / "out" / "000000.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match="not the file that the manifest lists"):
        list(read_shards(tmp_path / "out"))


@pytest.mark.parametrize(
    "text",
    [
        '{"fanlight manifest": 3}\n',
        '{"fanlight manifest": 3, "shards": 3}\n',
        '{"fanlight manifest": 3, "shards": [1]}\n{"shard": 1, "file": "x", "rows": 1, "bytes": 1, "sha256": ""}\n',
        '{"fanlight manifest": 3, "shards": [1]}\n{"shard": 0, "file": "../x", "rows": 1, "bytes": 1, "sha256": ""}\n',
        "[]\n",
        "\n",
        "",
        "[" * 100_000 + "\n",
    ],
    ids=map(str, range(8)),
)
def test_a_damaged_manifest_is_named(tmp_path, text):
    (tmp_path / shards.MANIFEST).write_text(text)
    with pytest.raises(DataError, match="is damaged"):
        list(read_shards(tmp_path))


def test_the_manifest_says_what_was_done(folder, tmp_path):
    run(folder, tmp_path / "out")
    about, *rows = map(json.loads, (tmp_path / "out" / shards.MANIFEST).read_text().splitlines())
    assert set(about["models"]) == {"en", "ko"}
    assert all(len(digest) == 64 for digest in about["models"].values())
    assert len(rows) == len(about["shards"])
    assert {Row(**row).rows for row in rows} >= {0}  # the empty file's shard


def test_a_fault_names_the_line_of_the_file_and_not_of_the_shard(tmp_path):
    place = tmp_path / "a.txt"
    place.write_bytes("".join(LINES[:20]).encode() + b"caf\xe9\n")
    last = plan([str(place)], 400)[-1]
    assert last.begin > 0
    with pytest.raises(DataError, match=r"a.txt:21: byte \d+ is not utf-8"):
        tag_shard(Job(str(tmp_path), "en", {}, None), last)


def test_a_missing_folder_is_no_traceback(folder, tmp_path):
    command = [sys.executable, "-m", "fanlight", "tag", "--engine", "local", str(folder / "no"), str(tmp_path / "o")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_ray_gives_the_same_and_the_same_faults(folder, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="the extra ray is not installed")
    monkeypatch.setenv("RAY_worker_niceness", "0")  # 15 by default, after everything else
    command = [sys.executable, "-m", "fanlight", "tag", "--engine", "ray", str(folder), str(tmp_path / "ray")]
    subprocess.run([*command, "--threads", "2"], check=True, capture_output=True, timeout=300)
    run(folder, tmp_path / "plain", size=None)
    assert list(read_shards(tmp_path / "ray")) == list(read_shards(tmp_path / "plain"))
    (folder / "d.txt").write_bytes(b"caf\xe9\n")
    command[-1] += "2"
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert f"fanlight: {folder / 'd.txt'}:1: byte 3 is not utf-8" in done.stderr
    assert "Traceback" not in done.stderr
