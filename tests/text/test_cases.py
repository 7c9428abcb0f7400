"""Text as it comes: situations that recognisers' users reported, with variations; with whatever model."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanlight
from fanlight.text.normalisation import is_blank, normalise
from fanlight.text.sentences import tokenise_sentences
from fanlight.text.spans import NEVER_FIRST, NEVER_LAST, PAIRS, trim
from fanlight.text.tokens import tokenise

INVISIBLE = [
    "\u3164",
    "\u2800",
    "\ufe0f",
    "\u034f",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u2066",
]
INSIDE = [c for c in INVISIBLE if c not in "\u200b\ufeff\u3164\u2800"]
SENTENCES = [
    "Maria Silva works at Nokia in Berlin.",
    "Maria Silva of Siemens came to Berlin.",
    "Paris and London signed a treaty with Norway on Friday.",
    "Tom Baker met Anna Kowalska in Oslo.",
]
KOREAN = ["김철수가 서울에서 삼성전자에 다닌다.", "이영희는 부산에 산다.", "박지훈은 2020년 현대자동차에 들어갔다."]


@pytest.fixture(scope="module")
def taggers():
    return {name: fanlight.load(name, engine="plain") for name in ("en", "ko")}


def entities(tagger, text):
    """Return (normal form, type) of the entities, whose edges can be seen."""
    entities = tagger(text).entities
    assert all(text[e.start : e.end] == e.text for e in entities)
    assert not any(is_blank(c) for e in entities for c in (e.text[0], e.text[-1]))
    return [(normalise(e.text, single_spaces=True).text, e.type) for e in entities]


def words(text):
    return [text[s:e] for s, e in zip(*(a.tolist() for a in tokenise(text)), strict=True)]


def sentences(text):
    return [" ".join(text[s:e] for s, e in sentence) for sentence in tokenise_sentences(text, "word")]


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if c.isalnum() and c.isascii() else c for c in text)


def mathematical(text):
    return "".join(chr(ord(c) + (0x1D5EE - 97 if c > "Z" else 0x1D5D4 - 65)) if c.isalpha() else c for c in text)


def in_words(character):
    return lambda text: " ".join(f"{word[:2]}{character}{word[2:]}" for word in text.split(" "))


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_invisible_characters_at_the_edges_of_words(taggers, sentence, character):  # 01
    expected = entities(taggers["en"], sentence)
    assert expected
    spaced = f"{character} {character}".join(sentence.split(" "))
    for text in (f"{character}{sentence}", f"{spaced}{character}"):
        assert entities(taggers["en"], text) == expected


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("character", INSIDE, ids=ascii)
def test_invisible_characters_in_words(taggers, sentence, character):  # 01
    assert entities(taggers["en"], in_words(character)(sentence)) == entities(taggers["en"], sentence)


@pytest.mark.parametrize("character", ["\u200b", "\ufeff"], ids=ascii)
def test_zero_width_space_separates_words(character):  # 01
    assert words(f"Maria{character}Silva{character}.") == ["Maria", "Silva", "."]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("form", [full_width, mathematical])
def test_letters_of_other_widths(taggers, sentence, form):  # 14
    assert entities(taggers["en"], form(sentence)) == entities(taggers["en"], sentence)


@pytest.mark.parametrize("sentence", KOREAN)
def test_conjoining_jamo(taggers, sentence):  # 04
    expected = entities(taggers["ko"], sentence)
    assert expected
    decomposed = unicodedata.normalize("NFD", sentence)
    assert decomposed != sentence
    assert entities(taggers["ko"], decomposed) == expected
    assert entities(taggers["ko"], "\u00ad".join(sentence)) == expected


@pytest.mark.parametrize("apostrophe", "’‘´ʼ′")
def test_apostrophes(apostrophe):
    text = "McDonald's isn't Smith's or O'Brien's".replace("'", apostrophe)
    expected = "McDonald's is n't Smith 's or O'Brien 's".replace("'", apostrophe)
    assert words(text) == expected.split()


CELLS = ["Tom Baker", "Ericsson", "Stockholm", "Anna Kowalska", "Paris", "New York", "12 May 2020", "IBM", "4.5", "yes"]


@given(
    st.lists(st.sampled_from(CELLS), min_size=2, max_size=6), st.sampled_from(["\t", "   ", "      ", "\t\t", " \t"])
)
def test_columns_are_apart(cells, gap):  # 06
    assert sentences(gap.join(cells)) == [" ".join(words(cell)) for cell in cells]


@given(st.lists(st.sampled_from(CELLS), min_size=3, max_size=6))
def test_two_spaces_are_a_column_where_there_are_several(cells):  # 06
    assert sentences("  ".join(cells)) == [" ".join(words(cell)) for cell in cells]
    assert len(sentences("I love New  York a lot.")) == 1


@given(st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3), min_size=1, max_size=4))
def test_lines_of_tables_are_apart(rows):  # 06
    text = "\n".join("\t".join(row) for row in rows)
    cells = [" ".join(words(cell)) for row in rows for cell in row if cell != "yes"]
    assert [s for s in sentences(text) if s in cells] == cells or "yes" in text


@pytest.mark.parametrize(
    "text",
    [
        "We flew to New\nYork on Friday.",
        "Please call Dr. Maria\nSilva tomorrow.",
        "The company said on Monday that the president of the United\nStates would visit the headquarters of the group.",
        "He said he was born in Buenos\nAires in 1960.",
        "She moved from Paris to San\nFrancisco and back.",
        "The report was written by Anna\nKowalska, who lives there.",
        "Shares of Deutsche\nBank fell.",
        "They were led by George\nBush.",
        "It is about forty kilometres from the old town of Santa\nMaria to the sea, as the road goes through the hills",
        "In the evening we met Tom\nBaker at the station.",
    ],
)
def test_wrapped_lines_go_on(text):  # 07
    assert len(sentences(text)) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Led the migration of the billing platform at Siemens\nDeutsche Bank, Frankfurt\n2014 - 2016", 3),
        ("The visitors came from Japan, Spain and Argentina\nBrazil sent nobody", 2),
        ("Anna Kowalska\nTom Baker\nMaria Silva", 3),
        ("Siemens\nBerlin\nGermany", 3),
        ("10 Downing Street\nLondon\nUnited Kingdom", 3),
        ("- apples from Spain\n- pears from Italy\n- plums", 3),
        ("* Oslo\n* Bergen", 2),
        ("Flight to Oslo\nHotel in Bergen\nDinner", 3),
        ("See you in Oslo\nAnna Kowalska", 2),
        ("Developed the payments service at Nokia\nEricsson, Stockholm", 2),
        ("Museum Of Modern Art Opens In Paris\nThe exhibition begins here.", 2),
    ],
)
def test_lines_of_lists_are_apart(text, count):  # 07
    assert len(sentences(text)) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I love Paris.London is nice too.", ["I love Paris .", "London is nice too ."]),
        ("We met Tom Baker.Anna Kowalska left.", ["We met Tom Baker .", "Anna Kowalska left ."]),
        ("He moved to Oslo.He likes it.", ["He moved to Oslo .", "He likes it ."]),
        ("Hello Tom!Maria is here.", ["Hello Tom !", "Maria is here ."]),
        ("Where is Ann?She left.", ["Where is Ann ?", "She left ."]),
        ("It ends.I know.", ["It ends .", "I know ."]),
        ("in Zürich.Émile came", ["in Zürich .", "Émile came"]),
        ("Mr.Smith met Dr.Who", ["Mr. Smith met Dr. Who"]),
        ("the U.S. and U.S.A. of Ph.D. and Ph.D", ["the U.S. and U.S.A. of Ph.D. and Ph.D"]),
        ("see Node.js and nokia.com or Amazon.Com", ["see Node.js and nokia.com or Amazon.Com"]),
        ("v3.2 of ASP.NET", ["v3.2 of ASP.NET"]),
        ("mail Anna.Kowalska@nokia.com now", ["mail Anna.Kowalska@nokia.com now"]),
    ],
)
def test_no_space_after_a_stop(text, expected):  # 09
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("New York/London", "New York / London"),
        ("Kowalska/Reuters", "Kowalska / Reuters"),
        ("Oslo/Norway.", "Oslo / Norway ."),
        ("UK/US and/or TCP/IP", "UK / US and / or TCP / IP"),
        ("1/2 on 12/05/2021, 24/7", "1/2 on 12/05/2021 , 24/7"),
        ("km/h n/a w/o", "km/h n/a w/o"),
        ("Paris|London", "Paris | London"),
        ("city=Paris", "city = Paris"),
        ("Smith&Sons AT&T H&M", "Smith & Sons AT&T H&M"),
        ("Tom~Maria", "Tom ~ Maria"),
        ("Paris–London", "Paris – London"),
        ("Paris（France）and Berlin，Germany。", "Paris （ France ） and Berlin ， Germany 。"),
        ("東京、大阪", "東京 、 大阪"),
        ("_Siemens_ *Nokia*", "_ Siemens _ * Nokia *"),
        ("K&ouml;ln AT&amp;T &quot;Oslo&quot;", "K&ouml;ln AT&amp;T &quot; Oslo &quot;"),
        ("#Merkel/#Macron #Paris, (#Oslo)", "#Merkel / #Macron #Paris , ( #Oslo )"),
        (
            "@anna's http://a.b/c?d=e. www.a.com, a@b.org; bit.ly/x",
            "@anna 's http://a.b/c?d=e . www.a.com , a@b.org ; bit.ly/x",
        ),
        ("report.pdf src/main.py /usr/bin/env ~/a.txt", "report.pdf src/main.py /usr/bin/env ~/a.txt"),
        ("50mg 2.5kg 10th 1990s 3D S23", "50 mg 2.5 kg 10th 1990s 3D S23"),
        ("2큰술 Nokia는", "2 큰술 Nokia 는"),
        ("US$ 5 :) :-( 3:15", "US$ 5 :) :-( 3:15"),
        ("Paris->Oslo→Rome•Bonn·Kiel Col·lecció", "Paris -> Oslo → Rome • Bonn · Kiel Col·lecció"),
        ("Paris⁄Oslo∕Rome Tom+Maria Paris*Rome 2*3 a+b", "Paris ⁄ Oslo ∕ Rome Tom + Maria Paris * Rome 2*3 a+b"),
        ("Oslo🔥#music Paris❤️ #Oslo#Rome 20°C", "Oslo 🔥 #music Paris ❤️ #Oslo #Rome 20°C"),
        ("a👩\u200d💻b 👍🏽", "a 👩\u200d💻 b 👍🏽"),
        ("J.Smith's v2.Beta 1.FC x.Y U.S.A.", "J.Smith 's v2.Beta 1.FC x.Y U.S.A."),
    ],
)
def test_marks_between_words(text, expected):  # 09, 10, 11, 14
    assert " ".join(words(text)) == expected


def test_tags_are_seen_as_words(taggers):  # 11
    tagged = entities(taggers["en"], "#Berlin, #Siemens and #Paris are tags.")
    assert [text for text, _ in tagged] == ["#Berlin", "#Siemens", "#Paris"]


MARKS = st.sampled_from(
    ["; ", ": ", '"', "“", "(", ")", ", ", "/", " – ", "* ", "…", "three", "days", "Paris", " ", "A"]
)


@given(st.lists(MARKS, max_size=8).map("".join))
def test_no_entity_keeps_marks_that_are_not_its_own(text):  # 13
    start, end = trim(text, 0, len(text))
    assert start == end or not (is_blank(text[start]) or is_blank(text[end - 1]))
    if start < end:
        assert text[start] not in NEVER_FIRST - PAIRS
        assert text[end - 1] not in NEVER_LAST - PAIRS
    assert trim(text, start, end) == (start, end)


@given(st.lists(MARKS, max_size=12).map("".join))
@settings(deadline=None)
def test_marks_around_entities_are_left_out(taggers, text):  # 13
    for entity in taggers["en"](f"He came {text}; two days later").entities:
        assert entity.text[0] not in NEVER_FIRST - PAIRS
        assert entity.text[-1] not in NEVER_LAST - PAIRS


def test_dates_in_digits(taggers):  # 13
    texts = ["due on 12/05/2021", "on 2021-05-12 at 15:30", "DOB: 03/04/1962"]
    assert all(entities(taggers["en"], text) for text in texts)
