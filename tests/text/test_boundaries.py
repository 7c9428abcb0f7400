"""Sentence borders at numbers, abbreviations and marks; and that both engines decide by the same flags."""

import numpy as np
import pytest

from fanlight.engine.tokenizer_kernels import flags_of
from fanlight.engine.type_cache import type_flags
from fanlight.text.boundaries import WORDS
from fanlight.text.sentences import tokenise_sentences

WORD = """
1. Budget|2. Hiring in Warsaw|3. AOB
12. Office in Rome|13. Staff costs of the year|14. Any other business
IV. Results|V. Discussion
1) Milk and bread|2) Eggs
We met on 5. March in Berlin.
It opened on 12. October 2019.
See Sec. 4 and Art. 5 of the act.|Tel. 555 1234, Ext. 12
Max. 12 people, min. 3 people, Fig. 7 and No. 9.
Version 3. 4 is out.
He was born in 1999. She left.~He was born in 1999.|She left.
He lives in Washington D.C.|Obama lives there too.
She works at Apple Inc.|Cook runs it.
They came with Bob, Ann, etc.|Maria stayed home.
We flew to the U.S.|Merkel stayed in Berlin.
The U.S. Senate voted.|U.S. President Obama spoke.
At 5 p.m.|He left.
It starts at 9 a.m. Monday in Rome.
Acme Corp. said it grew.|He joined Acme Ltd.|The firm grew.
Malcolm X.|He spoke.|J. R. R. Tolkien wrote.
Look at Chap. 3 and Eq. 4 of it.
He was born on 24. Dec. 1980 in Oslo.
They met in Jan.|Maria left in Feb.
She lives on Fifth Ave.|Peter lives nearby.
We flew to the U.S.|Angela Merkel stayed.
The U.S. Trade Office said so, and U.S. Steel Corp. said more.
He bought pens, paper, etc.|Germany was next.
It was in 44 B.C.|Caesar died.
Atty. Jones met Supt. Lee.|Dr. Silva left.
"Stop!" Anna said.|She ran.
"Why?" Maria Silva asked.|Nobody knew.
"Go!" he said.|"No!"|The end.
Yahoo! Inc. grew.|They use Yahoo!|The end.
is it good?|i do not know.|we stay
Division one|Bridgend 13 Llanelli 9 Dunvant 23 Newport 15 Caerphilly 18 Treorchy 20
Matches of Friday in the north:|Leicester won at home, and so did Ascot and Kew
K. Barnett was not out and T. Moody had 6 of the 82|Bristol: Gloucestershire 183 for 4, Essex 20
Tim Henman of Britain beat Andrei Olhovskiy of Russia 6-4 6-2|Sjeng Schalken of Holland won
a total of points for the first four days of August was won|GOLF - HENKE TAKES THE LEAD IN MILWAUKEE
62 Nolan Henke of the United States and of Kew|64 Bob Estes of the United States
"""
CHARACTER = """
계약기간은 2020. 1. 1.부터 2021. 12. 31.까지로 한다.|다음 항이다.
시행 교육과-1234 (2024. 3. 15.)
회의는 3. 15. 월요일에 열린다.|그 뒤는 모른다.
1. 예산|2. 인사|3. 기타
가. 총무|나. 회계
Dr. Kim이 왔다.|J. Lee도 왔다.
Acme Inc. 대표가 말했다.|그는 갔다.
The U.S. 정부가 말했다.
Tel. 555 1234로 걸었다.
그는 갔다.|나는 남았다.
왜? 하고 물었다.~왜?|하고 물었다.
서울.부산 노선이다.
"""


def _cases(table: str, unit: str) -> list[tuple[str, str, list[str]]]:
    rows = [line.split("~") for line in table.strip().splitlines()]
    return [(row[0], unit, row[-1].split("|")) for row in rows]


def _text(row: str) -> str:
    """Return a row as text: sentences without a final mark end their lines."""
    parts = row.split("|")
    return "".join(part + (" " if part[-1] in '.!?"' else "\n") for part in parts[:-1]) + parts[-1]


@pytest.mark.parametrize(("row", "unit", "sentences"), _cases(WORD, "word") + _cases(CHARACTER, "character"))
def test_sentences_end_where_they_should(row, unit, sentences):
    text = _text(row)
    assert [text[spans[0][0] : spans[-1][1]] for spans in tokenise_sentences(text, unit)] == sentences


@pytest.mark.parametrize(
    ("text", "unit", "sentences"),
    [
        ('"I love Paris."London is nice', "word", ['"I love Paris."', "London is nice"]),
        ("in Paris (France).London is next", "word", ["in Paris (France).", "London is next"]),
        ("I love Paris .London is nice", "word", ["I love Paris .", "London is nice"]),
        ("at IBM.Anna left in 2019.Maria stayed", "word", ["at IBM.", "Anna left in 2019.", "Maria stayed"]),
        ("12.Budget", "word", ["12.Budget"]),
        ("on 12.March he left", "word", ["on 12.March he left"]),
        ('"Hi!"Anna left', "word", ['"Hi!"', "Anna left"]),
        ('"Hi!"Anna said', "word", None),
        ('She said "...I know"', "word", ['She said "...I know"']),
        ("갔다.부산에도 갔다.", "character", ["갔다.", "부산에도 갔다."]),
        ("좋아!부산도?서울도", "character", ["좋아!", "부산도?", "서울도"]),
        ("한.미 회담", "character", ["한.미 회담"]),
        ("Paris  London", "word", ["Paris", "London"]),
        ("Hello there.  Anna  Kowalska left", "word", ["Hello there.", "Anna", "Kowalska left"]),
        ("They live in Los\nAngeles with their two small kids", "word", None),
        ("We saw the new\nAnna with two of the small kids", "word", ["We saw the new", "Anna with two of the small kids"]),
    ],
)  # fmt: skip
def test_borders_without_space_and_at_gaps(text, unit, sentences):
    spans = [text[pairs[0][0] : pairs[-1][1]] for pairs in tokenise_sentences(text, unit)]
    assert spans == (sentences or [text])


def test_flags_of_words_are_those_of_the_kernel():
    words = [form for word in WORDS for form in (word, word.title(), word.upper())]
    words += "12 1.5 2nd a A A. a. . ! ? !! ... ) ed added Added foo jumped".split()  # noqa: SIM905
    words += list("가나다라각！？。…한ㅋ、")
    raw = [word.encode() for word in words]
    word_ends = np.cumsum([0, *map(len, raw)])
    flags = np.zeros(len(words), np.int32)
    flags_of(np.frombuffer(b"".join(raw) + bytes(8), np.uint8), np.stack([word_ends[:-1], word_ends[1:]], 1), flags)
    assert flags.tolist() == [type_flags(word, word) for word in words]
