"""Lines of files, tagged and written as JSON by the compiled engine, are those of the plain one."""

import gzip
import json
import os

import numpy as np
import pytest

import fanlight
from fanlight.engine import compiled, type_cache
from fanlight.engine import json as json_kernel
from fanlight.engine.columns import Block
from fanlight.engine.compiled import CompiledEngine
from fanlight.entities.entity import Document
from fanlight.errors import DataError
from fanlight.files import files_of
from fanlight.tagging import lines as lines_module
from fanlight.tagging import stream
from fanlight.tagging.lines import read_blocks
from fanlight.tagging.rules import Rules
from fanlight.tagging.stream import tag_lines
from tests.answers import check_same_lines
from tests.engine.kinds import ENGLISH, KOREAN, NAMES, tag_block


def compiled_tagger(name):
    return fanlight.load(name, engine="compiled")


def lines_of(paths, threshold=0.0, rules=None):
    blocks = (block for path in paths for block in read_blocks(str(path)))
    return b"".join(text for _, text in tag_lines(blocks, compiled_tagger, threshold, rules, 2))


def plain_lines(texts, taggers):
    for text in texts:
        yield taggers[fanlight.language_of(text)][0](text)


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_the_documents_in_json(taggers, name, monkeypatch):
    tagger, reference = taggers[name]
    configurations = (
        tagger.model.configuration,
        *([] if tagger.model.first_stage is None else [tagger.model.first_stage.configuration]),
    )
    monkeypatch.setitem(
        type_cache.MEMORY,
        tagger.unit,
        4 * 250 * sum(configuration.positions * configuration.hidden for configuration in configurations),
    )
    blocks = CompiledEngine(tagger.model)  # with so little memory that words are forgotten
    calls = {"at once": 0, "not": 0}
    plain = compiled.entry.tag

    def counted(*arguments):
        count, size = plain(*arguments)
        calls["at once" if count >= 0 else "not"] += 1
        return count, size

    monkeypatch.setattr(compiled.entry, "tag", counted)
    several = [[text] for text in (*ENGLISH, *KOREAN)] + [
        ENGLISH[:5],
        [""],
        [],
        [f"Item {n}-{n * 7919}" for n in range(150)],
    ]
    for lowest in (0.0, 0.9):
        thresholds = np.full(len(tagger.types), lowest)
        for texts in several:
            expected = "".join(
                Document(d.text, tuple(e for e in d.entities if e.probability >= lowest)).to_json() + "\n"
                for d in tag_block(reference, texts)
            )
            assert blocks.json(Block.of(texts), thresholds).decode() == expected
            assert blocks.json(Block.of(texts), thresholds).decode() == expected
    assert min(calls.values()) > 5


def test_one_tagger_tags_the_lines_of_every_script(taggers, tmp_path, monkeypatch):
    texts = [t.replace("\n", " ") for t in [*ENGLISH, *KOREAN]]
    (tmp_path / "a.txt").write_text("\n".join(texts), encoding="utf-8")
    (tmp_path / "long.txt").write_text(KOREAN[0].replace("\n", " ") * 3, encoding="utf-8")
    plain, _ = taggers["en"]

    def tagged(name):
        tagged = tag_lines(read_blocks(str(tmp_path / name)), compiled_tagger("en"))
        return b"".join(text for _, text in tagged)

    def lines(texts):
        return "\n".join(plain(text).to_json() for text in texts).encode()

    check_same_lines(tagged("a.txt"), lines(texts))
    monkeypatch.setattr(compiled, "LONG", 50)
    monkeypatch.setattr(stream, "LONG", 50)
    check_same_lines(tagged("long.txt"), lines([KOREAN[0].replace("\n", " ") * 3]))


def test_files_of_lines_in_any_packing(taggers, tmp_path, monkeypatch):
    texts = [t.replace("\n", " ") for t in [*ENGLISH, *KOREAN]] * 3
    raw = b"\xef\xbb\xbf" + "\n".join(texts).encode() + b"\r\r\n"
    texts = [text.rstrip("\r") for text in texts]
    (tmp_path / "a.txt").write_bytes(raw)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(raw[:300]) + gzip.compress(raw[300:]))
    import zstandard

    (tmp_path / "c.txt.zst").write_bytes(zstandard.compress(raw))
    (tmp_path / "d.txt").write_bytes(b"")
    files = files_of([str(tmp_path)])
    assert [os.path.basename(f) for f in files] == ["a.txt", "b.txt.gz", "c.txt.zst", "d.txt"]
    expected = lines_of(files[:1])
    check_same_lines(expected, "\n".join(document.to_json() for document in plain_lines(texts, taggers)).encode())
    assert lines_of(files) == 3 * expected
    monkeypatch.setattr(lines_module, "BYTES", 50)
    assert lines_of(files) == 3 * expected


def test_json_is_as_the_plain_form_byte_for_byte(taggers):
    texts = ['"quote\\ \x01\x1f\t\b\f\x7f Paris é 서울 𝄞', "Oslo"]
    tagger, blocks = taggers["en"]
    block = Block.of(texts)
    from fanlight.engine.json import json_lines

    configurations = blocks.begin(
        block, np.zeros(9), lambda s, e, calls: json_lines(block, s, e, calls, tagger.types)[0]
    )
    text = b"".join(future.result() for future in configurations).decode()
    assert text == "".join(d.to_json() + "\n" for d in tag_block(blocks, texts))
    assert [json.loads(line)["text"] for line in text.splitlines()] == texts


def test_lines_long_and_short_stand_in_order(taggers, tmp_path, monkeypatch):
    path = tmp_path / "in.txt"
    texts = ["Oslo.", "Paris and NATO " * 40 + "\r", "", "이순신은 서울에서 태어났다. " * 20, "x" * 300, "Mr. Jones"]
    path.write_text("\ufeff" + "\n".join(texts), encoding="utf-8", newline="")
    expected = lines_of([path])
    rules = Rules({"NATO": "CLUB"}, {r"Par.s": "TOWN"})
    ruled = lines_of([path], 0.0, rules)
    assert b"CLUB" in ruled
    assert b"TOWN" in ruled
    monkeypatch.setattr(lines_module, "BYTES", 64)
    monkeypatch.setattr(compiled, "LONG", 100)
    monkeypatch.setattr(stream, "LONG", 100)
    monkeypatch.setattr(CompiledEngine, "segment_bytes", 50)
    monkeypatch.setattr(json_kernel, "PART", 70)
    assert lines_of([path]) == expected
    assert lines_of([path], 0.0, rules) == ruled
    assert next(read_blocks(str(path), skip=2)).number == 3
    path.write_bytes(b"good\n" + b"long " * 100 + b"bad \xff\n")
    with pytest.raises(DataError, match=r"in\.txt:2: byte 509 is not utf-8"):
        list(read_blocks(str(path)))
    path.write_bytes("é".encode() * 200 + b"\xc3")
    with pytest.raises(DataError, match=r"in\.txt:1: byte 400 is not utf-8"):
        list(read_blocks(str(path)))
