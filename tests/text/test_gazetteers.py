"""Tokens have the gazetteer features that trying every name would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.errors import DataError
from fanlight.text.features import character_keys
from fanlight.text.gazetteers import MARKS, Gazetteer, read_gazetteers

NAMES = {"New York": "city", "York": "city", "York Minster": "church", "new": "word", "Rio de Janeiro": "city"}
WORDS = ["New", "new", "York", "YORK", "Minster", "Rio", "de", "Janeiro", "."]


def marked_plainly(sentences, names):
    """Try every name at every token."""
    lists = sorted(set(names.values()))
    out = []
    for words in sentences:
        rows = np.zeros((len(words), len(lists), MARKS))
        folded = [word.lower() for word in words]
        for name, of in names.items():
            parts = name.lower().split()
            for t in range(len(words) - len(parts) + 1):
                if folded[t : t + len(parts)] == parts:
                    column = rows[:, lists.index(of)]
                    if len(parts) == 1:
                        column[t, 3] = 1
                    else:
                        column[t, 0] = column[t + len(parts) - 1, 2] = 1
                        column[t + 1 : t + len(parts) - 1, 1] = 1
        out.append(rows.reshape(len(words), -1))
    return np.concatenate(out)


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=4))
def test_words_are_marked_as_trying_every_name_would(sentences):
    names = Gazetteer.of(list(NAMES), list(NAMES.values()), "word")
    sentence_offsets = np.cumsum([0, *map(len, sentences)])
    words = [word for sentence in sentences for word in sentence]
    np.testing.assert_array_equal(names.features(words, sentence_offsets), marked_plainly(sentences, NAMES))


def test_korean_words_are_marked_by_the_longest_name_they_begin_with():
    names = Gazetteer.of(["서울", "서울역", "김", "김"], ["LC", "LC", "PS", "LC"], "character")
    text = "서울역에서 김 김치"
    token_starts = [i for i, c in enumerate(text) if c != " "]
    keys = character_keys(text, token_starts, [s + 1 for s in token_starts])
    marks = names.features(keys, np.array([0, len(keys)])).reshape(len(keys), 2, MARKS)
    assert names.lists == ("LC", "PS")
    assert marks[:5, 0].argmax(1).tolist() == [0, 1, 2, 4, 4]  # begins, inside, ends, and two that follow
    assert not marks[:5, 1].any()
    assert marks[5, :, 3].tolist() == [1, 1]  # a whole word
    assert not marks[6:].any()  # one syllable begins too many words


@pytest.mark.parametrize("unit", ["word", "character"])
def test_a_text_without_tokens_has_no_marks(unit):
    assert Gazetteer.of(["York"], ["city"], unit).features([], np.zeros(1, np.int64)).shape == (0, MARKS)


def test_files_are_read_and_faults_are_named(tmp_path):
    good, bad = tmp_path / "good.tsv", tmp_path / "bad.tsv"
    good.write_text("New York\tcity\t8000000\n\nYork\tcity\n", encoding="utf-8")
    names = read_gazetteers([good], "word")
    assert (names.lists, names.longest, len(names.hashes)) == (("city",), 2, 2)
    bad.write_text("York\tcity\nno list\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"bad.tsv:2: is not NAME<tab>LIST"):
        read_gazetteers([good, bad], "word")
    bad.write_bytes("Köln\tcity\nMünchen\tcity\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"bad.tsv:1: is not utf-8: give --encoding"):
        read_gazetteers([bad], "word")
    assert len(read_gazetteers([bad], "word", "cp1252").hashes) == 2
    with pytest.raises(DataError, match="cannot be read"):
        read_gazetteers([tmp_path / "none.tsv"], "word")
    with pytest.raises(DataError, match="32 lists"):
        Gazetteer.of([str(i) for i in range(33)], [str(i) for i in range(33)], "word")
