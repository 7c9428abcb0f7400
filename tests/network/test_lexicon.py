"""Words and their spellings have their vectors, windows and contexts."""

import numpy as np

from fanlight.network.lexicon import Lexicon, read_lexicon
from fanlight.network.windows import CONTEXTS, corpus_contexts, windows, word_contexts
from fanlight.text.vectors import fallback_forms

rng = np.random.default_rng(0)


def test_words_are_found_and_vectors_close():
    words = [f"w{i}" for i in range(500)]
    matrix = rng.normal(size=(500, 7)).astype(np.float32)
    lexicon = Lexicon.of(words, matrix)
    rows = lexicon.find([*words, "unknown"])
    assert rows[-1] == -1
    scale = np.sqrt(np.mean(matrix**2))
    vectors = lexicon.vectors(rows)
    assert not vectors[-1].any()
    assert np.abs(vectors[:-1] - matrix / scale).max() <= np.abs(matrix / scale).max() / 254 * 1.01


def test_spellings_are_tried_in_order():
    lexicon = Lexicon.of(["paris", "0000", "Oslo"], np.eye(3, dtype=np.float32))
    assert (lexicon.find(["Paris", "1996", "oslo", "PARIS"], fallback_forms) >= 0).all()
    assert lexicon.find(["Paris"])[0] == -1


def test_an_empty_lexicon_knows_nothing():
    lexicon = Lexicon.empty()
    assert lexicon.find(["a"], fallback_forms).tolist() == [-1]
    assert lexicon.vectors(np.array([-1])).shape == (1, 0)


def test_windows_equal_the_plain_reference():
    for radius in range(4):
        ids, sentence_offsets = rng.integers(1, 99, 12), np.array([0, 1, 1, 5, 12])
        expected = [
            [
                ids[n + k] if s <= n + k < e else 0
                for s, e in zip(sentence_offsets, sentence_offsets[1:], strict=False)
                for n in range(s, e)
            ]
            for k in range(-radius, radius + 1)
        ]
        assert windows(ids, sentence_offsets, radius, 0).tolist() == expected


def test_contexts_tell_spelling_in_the_document():
    contexts = word_contexts(
        [["The", "apple", "fell", "."], ["APPLE", "SHARES", "FALL"], ["He", "eats", "an", "Apple", "a", "day"]]
    )
    assert contexts.max() < CONTEXTS
    assert contexts[0] & 1
    assert contexts[1] & 8, "seen in lower case"
    assert contexts[1] & 16, "seen with a capital inside a sentence"
    assert contexts[4] & 6 == 2, "in a sentence of capitals"
    assert not contexts[8] & 32, "once only"


def test_contexts_of_a_corpus_are_those_of_its_documents():
    rng = np.random.default_rng(0)
    words = ["The", "the", "THE", "apple", "Apple", "APPLE", "fell", "Fell", "3", ".", "É", "é"]
    lengths = rng.integers(0, 6, (30, 8))
    documents = [[rng.integers(0, len(words), n).tolist() for n in row] for row in lengths]
    expected = np.concatenate([word_contexts([[words[i] for i in s] for s in document]) for document in documents])
    ids = np.array([i for document in documents for s in document for i in s])
    sentence_offsets = np.concatenate([[0], np.cumsum(lengths)])
    assert (
        corpus_contexts(words, ids, sentence_offsets, np.repeat(np.arange(30), lengths.sum(1))).tolist()
        == expected.tolist()
    )
    assert len(set(expected.tolist())) > 25
    assert corpus_contexts([], np.zeros(0, np.int64), np.array([0]), np.zeros(0, np.int64)).tolist() == []


def test_a_lexicon_once_made_is_read_again_without_the_vectors(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "v.vec"
    path.write_text("Paris 1 2\nOslo 2 1\nParis 3 3\n")
    lexicon, repeated = read_lexicon(path)
    monkeypatch.setattr("fanlight.network.lexicon.read_vectors", None)
    again, repeated_again = read_lexicon(path)
    assert repeated == repeated_again == 1
    assert lexicon.digest == again.digest
    monkeypatch.undo()
    path.write_text("Paris 1 2\nRome 2 1\n")
    assert len(read_lexicon(path)[0]) == 2
    assert read_lexicon(path)[1] == 0
    for cache_file in (tmp_path / "cache").rglob("*.safetensors"):
        cache_file.write_bytes(b"cut")
    assert len(read_lexicon(path)[0]) == 2
