"""Word vectors from raw text."""

import random

import numpy as np
import pytest

from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.errors import DataError
from fanlight.network.configuration import Configuration
from fanlight.network.inputs import WordTypes
from fanlight.network.lexicon import Lexicon
from fanlight.text.features import Group
from fanlight.text.vectors import read_vectors
from fanlight.training.embeddings import train_vectors


@pytest.fixture
def raw(tmp_path):
    """Towns are visited, animals are fed."""
    rng = random.Random(1)
    lines = [f"we visited {rng.choice(['Oslo', 'Lisbon', 'Rome'])} by train yesterday" for _ in range(300)]
    lines += [f"they fed the {rng.choice(['cat', 'dog', 'hen'])} some grain again" for _ in range(300)]
    rng.shuffle(lines)
    path = tmp_path / "raw.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def near(vectors, a, b):
    x, y = (vectors.matrix[vectors.words.index(w)] for w in (a, b))
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


def test_words_in_like_places_get_like_vectors_and_one_seed_one_file(raw, tmp_path):
    files = [tmp_path / f"{n}.vec" for n in range(3)]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        assert train_vectors([raw], file, dimension=16, epochs=20, seed=seed) == 17
    vectors = read_vectors(files[0], cache=False)
    assert near(vectors, "Oslo", "Rome") > near(vectors, "Oslo", "cat") + 0.2
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_korean_words_are_found_by_their_beginnings(tmp_path):
    raw = tmp_path / "ko.txt"
    raw.write_text("서울에서 만나요\n서울은 크다\n서울까지 가요\n서울, 좋다\n부산에 간다\n" * 5, encoding="utf-8")
    messages = []
    labelled = Corpus("k", "character", [[Sentence("부산에  간다", (), (), ())]])
    train_vectors([raw], tmp_path / "v", dimension=8, epochs=1, without=[labelled], announce=messages.append)
    assert messages[0] == "left out 5 of 25 lines"
    assert messages[2].startswith("attention: vectors of fewer than 1,000,000 words rarely help")
    vectors = read_vectors(tmp_path / "v", cache=False)
    assert {"서울", "서울에서", "서울까"} <= set(vectors.words)
    assert not any("부산" in word for word in vectors.words)
    lexicon = Lexicon.of([*vectors.words, "산"], np.vstack([vectors.matrix, vectors.matrix[:1]]))
    configuration = Configuration(
        ("LC",), "character", 1, 4, "tanh", "chain", "likelihood", (Group("c", 9, 2, ("character",)),), 8, 0
    )
    keys = ["0\t“서울에만", "2\t“서울에만", "0\t서울", "1\t대산", "0\t대산"]
    rows = WordTypes.of(keys, configuration, lexicon).words.tolist()
    assert rows == lexicon.find(["서울에", "서울에", "서울", "산", "?"]).tolist()
    assert rows[-1] == -1 < min(rows[:-1])


def test_faults_are_named(tmp_path):
    (tmp_path / "few").write_text("once only", encoding="utf-8")
    (tmp_path / "bad").write_bytes(b"good\n\xff\n")
    for name, message in (
        ("few", "no word occurs 3 times"),
        ("bad", "bad:2: byte 5 is not utf-8"),
        ("no", "cannot be read"),
    ):
        with pytest.raises(DataError, match=message):
            train_vectors([tmp_path / name], tmp_path / "v")
    assert not (tmp_path / "v").exists()
