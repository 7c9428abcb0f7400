"""Normal form: what it is, and that offsets lead back to the original."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.text.normalisation import SEPARATORS, is_invisible, is_normal, normalise, normalise_word

ODD = "e\u0301\u0323\u00ad\u200b\u200c\u200d\u2060\ufeff👩💻\ufe0f’“–Ｍａ，ﬁ㎏ŉ \u1100\u1161\u11a8가\xa0"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text(ODD, max_size=30)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Sil\xadva", "Silva"),
        ("\u200eBerlin\u200e", "Berlin"),
        ("Maria\u200bSilva", "Maria Silva"),
        ("\u1100\u1161\u11a8이", "각이"),
        ("Ｍａｒｉａ（１）", "Maria(1)"),
        ("𝗠𝗮𝗿𝗶𝗮", "Maria"),
        ("Zu\u0308rich", "Zürich"),
        ("O’Brien ‘s it´s", "O'Brien 's it's"),
        ("“a” „b‟ «c»", '"a" "b" "c"'),
        ("a\u2011b \u2212 c — d", "a-b - c – d"),
        ("K&ouml;ln &amp; &#66;onn", "Köln & Bonn"),
        ("Oslo&#1; &#4; &#8205;", "Oslo  "),  # references to nothing, and to what cannot be seen
        ("&unknown; & ;", "&unknown; & ;"),
        ("50㎏", "50kg"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("ㅋㅋㅋ …。、", "ㅋㅋㅋ …。、"),
    ],
)
def test_forms(text: str, form: str) -> None:
    assert normalise(text).text == form
    assert is_normal(form) or "&" in form or "\u200d" in form
    assert text == form or not is_normal(text)


@given(TEXTS)
def test_offsets_lead_to_the_source(text: str) -> None:
    view = normalise(text)
    assert len(view.text) == len(view.source_starts) == len(view.source_ends)
    assert (view.source_starts < view.source_ends).all()
    assert (view.source_starts[1:] >= view.source_starts[:-1]).all()
    for character, start, end in zip(view.text, view.source_starts.tolist(), view.source_ends.tolist(), strict=True):
        source = text[start:end]
        if character != "\u200d":
            assert not any(is_invisible(c) and c not in SEPARATORS for c in (source[0], source[-1]))


@given(TEXTS)
def test_a_normal_form_is_its_own(text: str) -> None:
    form = normalise(text).text
    if "&" not in text:
        assert normalise(form).text == form
    assert not is_normal(text) or form == text


@given(TEXTS, TEXTS)
def test_chunks_are_normalised_by_themselves(left: str, right: str) -> None:
    assert normalise(f"{left} {right}").text == f"{normalise(left).text} {normalise(right).text}"


@given(TEXTS)
def test_single_spaces(text: str) -> None:
    view = normalise(text, single_spaces=True)
    assert len(view.text) == len(view.source_starts) == len(view.source_ends)
    assert not re.search(r"\s\s|[^\S ]", view.text)
    assert view.text.split() == normalise(text).text.split()


@given(TEXTS)
def test_words_are_never_empty(word: str) -> None:
    assert normalise_word(word)


def test_an_empty_word_is_seen_as_invisible() -> None:
    assert normalise_word("") == normalise_word("\u200b") == "\u200b"
