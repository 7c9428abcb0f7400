"""Sentence boundaries at final marks, abbreviations and line ends, decided by flags of words.

`boundary_bits` gives the flags of a word. The kernels in `engine.boundaries` use the same flags, cached per word type;
`engine.token_flags` has the lower bits. Within a line, no sentence ends

1. after a number with its stop before a digit or Hangul (``2020. 1. 1.``, ``12. 31. 까지``) or a month (``5. March``);
2. after a list number, Roman numeral or 가, 나, … with its stop at the start of a sentence or line;
3. after a word such as ``Sec`` with its stop before a digit; after up to four Latin letters in Korean (``Dr. Kim``);
4. after a name that ends in a mark (``Yahoo!``) unless a pronoun, article or the like follows;
5. after an exclamation or question in quotes that is followed by the speaker (``"Stop!" Anna said``).

Without white space, a sentence ends between a final mark and a capital if a word, number or closing mark precedes the
mark, except in list numbers; and between a Korean sentence ending and Hangul (``갔다.부산``).

An abbreviation that may end a sentence (``Inc. D.C. etc. p.m.``) ends it before a capitalised pronoun, article or the
like; and before a capitalised word that a verb follows (``D.C. Obama lives``), unless the word often follows such
abbreviations (``U.S. Senate voted``). ``etc.`` ends it before any other capital. After a single letter
(``Malcolm X. He``) only the first condition counts.

A sentence continues across a line end after a word that begins names of several words (``New`` before ``York``). A line
begins an item of a list, a row of a table or a headline after a colon or two numbers (``6-4 6-3``); if it is two words
in capitals, or one and a dash (``GOLF -``); if a colon follows its first word (``Leicester: …``) and the word before
has no small first letter; and if it begins with a number and a capital, as its sentence began with a number.

Before a small letter, a sentence ends at an exclamation or question mark; and at a full stop after a word too long for
an abbreviation, if it has small letters or a pronoun or the like follows; but not after a closing quote or bracket.

References
----------
Kiss & Strunk 2006, Unsupervised Multilingual Sentence Boundary Detection (abbreviations, initials, ordinals).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from fanlight.text.layout import BULLETS, CLOSING, is_final

(
    DIGITS, FIRST_DIGIT, LISTED, HANGUL, MONTH, ENDS, STARTS, CONTINUES, SPEECH, VERB, NUMBERED, BRAND, LETTER,
    INITIAL, STOP, EXCLAIMS, UPPER_LETTER, ITEM, COLON, CAPITALS,
) = (1 << i for i in range(11, 31))  # fmt: skip
BEGINS = BRAND | CONTINUES  # both bits: the word begins names of several words
LETTERS = 4  # maximum length of a Latin abbreviation in Korean text
LEAST = 4  # minimum length of a word that is no abbreviation
_BEGINNINGS = """new san santa los las saint sao el rio buenos hong sri saudi united north south east west costa puerto
    tel abu cape fort port mount lake"""  # first words of names

_WORDS = {
    LISTED: "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx",
    MONTH: """january february march april may june july august september october november december jan. feb. mar. apr.
        jun. jul. aug. sep. sept. oct. nov. dec. januar februar juni juli oktober dezember""",
    ENDS: """inc. corp. co. ltd. bros. plc. etc. al. jr. sr. esq. a.m. p.m. u.s. u.k. u.n. e.u. d.c. u.s.a. u.a.e. b.c.
        a.d. l.a. n.y. ph.d. m.d. u.s.s.r. s.a. n.v. s.p.a. p.r.c. r.i.p. ave. blvd. rd. jan. feb. mar. apr. jun. jul.
        aug. sep. sept. oct. nov. dec. approx.""",
    STARTS: """the a an he she it they we i you this that these those there in on at but and for if when while after
        before however although as his her its their our my your some many most not what who why how where meanwhile
        also so then since both several another all such by from with during under despite according earlier later
        last thousands hundreds officials police witnesses analysts critics experts reporters more nearly about
        talks none neither either instead once now today yesterday two three four""",
    CONTINUES: """
        secretary president state defense senate national embassy open ambassador congress gulf central army senator
        treasury vice marines federal house navy general world geological marine assistant justice olympic
        department deputy high district energy supreme food undersecretary human municipal special
        democratic pacific office congressman agency midwest commerce trade development middle congressional
        environmental drug attorney postal emergency campaign peace environment stabilization homeland
        relief customs capitol consulate chairman chief executive director officer minister representative
        representatives soldiers troops forces air coast security council assembly court bank reserve census
        bureau park parks forest fish geologic constitution code dollar dollars commission committee charter
        children refugee refugees inspectors envoy envoys spokesman spokeswoman mission missions senators
        lawmakers officials intelligence education labor health agriculture interior transportation patent
        naval military border virgin masters amateur group holdings international limited championship
        northern southern eastern western prime magazine newspaper""",
    SPEECH: """said says asked asks cried cries shouted shouts replied replies added adds yelled yells whispered
        whispers called calls told tells exclaimed screamed answered demanded insisted laughed muttered wrote""",
    VERB: """etc. is was has had will would can could does did may might should must ran runs came comes went goes took
        takes gave gives got gets made makes saw sees knew knows thought thinks won wins lost loses left leaves met
        meets held holds led leads began begins became becomes spoke speaks lives works stays loves likes wants
        plays owns meets teaches writes sells sold bought buys found finds grew built sent kept felt stood sat fell rose
        hates loves likes needs moved moves visits joins starts agrees hopes eats drinks sings sleeps sits stands
        arrives never always also then still often later currently recently""",
    NUMBERED: """sec sect art tel ext max min no nos nr fig figs ch chap par para app p pp vol approx ver fax tab
        chap cl sch reg eq eqs ref bldg apt rm rev ed ex subsec""",
    BRAND: "yahoo jeopardy oliver",
}  # fmt: skip
_ORDINALS = frozenset("가나다라마바사")
ENDINGS = frozenset("다요죠까")  # of Korean statements and questions


def _bits_of_words() -> dict[str, int]:
    bits: dict[str, int] = {}
    for bit, words in _WORDS.items():
        for word in words.split():
            bits[word] = bits.get(word, 0) | bit | (VERB if bit == SPEECH else 0)
    for word in _BEGINNINGS.split():
        bits[word] = bits.get(word, 0) | BEGINS
    return bits


WORDS = _bits_of_words()


@lru_cache(1 << 16)
def boundary_bits(word: str) -> int:
    """Return the flags of a token for sentence boundaries.

    Examples
    --------
    >>> boundary_bits("12") == DIGITS | FIRST_DIGIT, boundary_bits("sec") == NUMBERED
    (True, True)
    """
    head = word[0]
    if head >= "\x80":
        statement = VERB * (word in ENDINGS)
        return LISTED * (word in _ORDINALS) | statement | HANGUL * ("가" <= head <= "힣") | EXCLAIMS * (head in "！？")
    letter = head.isalpha()
    bits = WORDS.get(word.lower(), 0) if word.isascii() else 0
    bits |= DIGITS * (word.isascii() and word.isdigit()) | FIRST_DIGIT * head.isdigit()
    bits |= LETTER * (letter and len(word) == 1) | INITIAL * (letter and len(word) == 2 and word[1] == ".")
    bits |= (
        STOP * (word == ".") | COLON * (word == ":") | CAPITALS * (len(word) > 1 and word.isascii() and word.isupper())
    )
    bits |= ITEM * (word in (".", ")")) | EXCLAIMS * (head in "!?") | UPPER_LETTER * head.isupper()
    return bits | VERB * (word.isascii() and len(word) > 3 and word.islower() and word.endswith("ed"))


def begins_name(word: str) -> bool:
    """Tell whether a token often begins names of several words, such as ``New``."""
    return boundary_bits(word) & BEGINS == BEGINS and word[0].isupper()


def is_figure(word: str) -> bool:
    """Tell whether a token begins with a digit."""
    return boundary_bits(word) & FIRST_DIGIT != 0


def ends_after_mark(
    text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, sentence_start: int, *, line_start: int
) -> bool:
    """Tell whether a sentence ends at the final mark before token t in the same line.

    Parameters
    ----------
    text : str
    token_starts, token_ends : sequence of int
        Offsets of the tokens in code points.
    t : int
        Index of a token that begins with no small letter.
    sentence_start : int
        Index of the sentence's first token.
    line_start : int
        Offset of the line.
    """

    def bits(u: int) -> int:
        return boundary_bits(text[token_starts[u] : token_ends[u]]) if u < len(token_starts) else 0

    mark = t - 1
    while mark > sentence_start and not is_final(text[token_starts[mark] : token_ends[mark]]):
        mark -= 1
    here = bits(t)
    if mark < t - 1:
        return not _is_spoken(mark, t, bits)
    if mark <= sentence_start or token_starts[mark] > token_ends[mark - 1]:
        return True
    before = bits(mark - 1)
    if not bits(mark) & STOP:
        return not before & BRAND or here & STARTS != 0
    u = mark - 1
    kind = before & (DIGITS | LETTER)
    while kind and u > sentence_start and token_starts[u] == token_ends[u - 1] and bits(u - 1) & kind:
        u -= 1
    length, leads = token_ends[mark - 1] - token_starts[u], u == sentence_start or token_starts[u] == line_start
    if before & DIGITS:
        return not (here & (FIRST_DIGIT | HANGUL) or (here & MONTH and length < 3) or (leads and length < 4))
    if (before & LISTED and leads) or (before & NUMBERED and here & FIRST_DIGIT):
        return False
    inner = u > sentence_start and token_starts[u] == token_ends[u - 1] and bits(u - 1) & STOP
    return not (before & LETTER and (inner or (bits(u) & UPPER_LETTER and length <= LETTERS)))


def _is_spoken(mark: int, t: int, bits: Callable[[int], int]) -> bool:
    """Tell whether token t begins the name of a speaker after an exclamation or question in quotes."""
    if mark == t - 1 or not (bits(mark) & EXCLAIMS and bits(t) & UPPER_LETTER):
        return False
    return (bits(t + 1) & SPEECH or (bits(t + 1) & UPPER_LETTER and bits(t + 2) & SPEECH)) != 0


def ends_without_space(
    text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, sentence_start: int, *, line_start: int
) -> bool:
    """Tell whether a sentence ends at the final mark before token t, with no white space between."""

    def bits(u: int) -> int:
        return boundary_bits(text[token_starts[u] : token_ends[u]]) if u < len(token_starts) else 0

    mark = t - 1
    while mark > sentence_start and not is_final(text[token_starts[mark] : token_ends[mark]]):
        mark -= 1
    if mark <= sentence_start or _is_spoken(mark, t, bits):
        return False
    word, before, here = text[token_starts[mark - 1] : token_ends[mark - 1]], bits(mark - 1), bits(t)
    if here & HANGUL and before & HANGUL:
        return before & VERB != 0 or bits(mark) & EXCLAIMS != 0
    if not text[token_starts[t]].isupper():
        return False
    if before & DIGITS:
        leads = mark - 1 == sentence_start or token_starts[mark - 1] == line_start
        return len(word) > 1 and not leads and not here & MONTH
    return len(word) > 1 or (word in CLOSING and bits(mark) & STOP != 0)


def ends_before_small_letter(
    text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, sentence_start: int
) -> bool:
    """Tell whether a sentence ends at a final mark before token t in the same line, which has a small first letter."""
    word, mark = text[token_starts[t - 2] : token_ends[t - 2]], text[token_starts[t - 1] : token_ends[t - 1]]
    if t - 2 < sentence_start or token_starts[t - 1] > token_ends[t - 2]:
        return False
    if boundary_bits(mark) & EXCLAIMS:
        return not boundary_bits(word) & BRAND
    starts_sentence = boundary_bits(text[token_starts[t] : token_ends[t]]) & STARTS != 0
    return mark == "." and len(word) >= LEAST and (word.islower() or (starts_sentence and word[0].isalpha()))


def begins_line(text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int) -> bool:
    """Tell whether a line that begins with token t, after text in small letters, begins a sentence or a list item.

    A sentence begins with a capitalised pronoun or the like; an item with a bullet, or a number of up to three digits
    with a mark that is no day of a month.
    """
    here = boundary_bits(text[token_starts[t] : token_ends[t]])
    if here & UPPER_LETTER and here & STARTS and not here & LETTER:
        return True
    u, count = t, len(token_starts)
    while u < count and u < t + 4 and (u == t or token_starts[u] == token_ends[u - 1]):
        if not boundary_bits(text[token_starts[u] : token_ends[u]]) & DIGITS:
            break
        u += 1
    if (
        u == t
        or u + 1 >= count
        or token_starts[u] > token_ends[u - 1]
        or token_starts[u + 1] == token_ends[u]
        or token_ends[u - 1] - token_starts[t] > 3
    ):
        return False
    following = boundary_bits(text[token_starts[u + 1] : token_ends[u + 1]])
    return boundary_bits(text[token_starts[u] : token_ends[u]]) & ITEM != 0 and not following & (MONTH | FIRST_DIGIT)


def begins_item(text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, sentence_start: int) -> bool:
    """Tell whether a line that begins with token t, with a capital or digit, begins an item (module docstring)."""

    def bits(u: int) -> int:
        return boundary_bits(text[token_starts[u] : token_ends[u]]) if u < len(token_starts) else 0

    before, here, following = bits(t - 1), bits(t), bits(t + 1)
    if before & COLON:
        return True
    figures = before & FIRST_DIGIT and t - 2 >= sentence_start and bits(t - 2) & FIRST_DIGIT
    if figures and token_starts[t - 1] > token_ends[t - 2]:
        return True
    is_separate = t + 1 < len(token_starts) and token_starts[t + 1] > token_ends[t]
    if here & FIRST_DIGIT:
        return is_separate and bits(sentence_start) & FIRST_DIGIT != 0 and following & UPPER_LETTER != 0
    if (
        is_separate
        and here & CAPITALS
        and (following & CAPITALS or text[token_starts[t + 1] : token_ends[t + 1]] in BULLETS)
    ):
        return True
    return not is_separate and following & COLON != 0 and not text[token_starts[t - 1]].islower()


def ends_after_abbreviation(
    text: str, token_starts: Sequence[int], token_ends: Sequence[int], t: int, sentence_start: int, *, line_start: int
) -> bool:
    """Tell whether a sentence ends at an abbreviation before token t in the same line (module docstring)."""
    before = boundary_bits(text[token_starts[t - 1] : token_ends[t - 1]])
    here = boundary_bits(text[token_starts[t] : token_ends[t]])
    if (
        not before & (ENDS | INITIAL)
        or not here & UPPER_LETTER
        or t - 1 == sentence_start
        or token_starts[t - 1] == line_start
    ):
        return False
    if here & STARTS:
        return not (before & INITIAL and here & LETTER)
    if before & VERB:
        return not here & CONTINUES
    if before & INITIAL or here & CONTINUES or t + 1 >= len(token_starts) or token_starts[t + 1] == token_ends[t]:
        return False
    following = boundary_bits(text[token_starts[t + 1] : token_ends[t + 1]])
    if not following & VERB and following & UPPER_LETTER and not following & (CONTINUES | ENDS | STARTS):
        if t + 2 >= len(token_starts) or token_starts[t + 2] == token_ends[t + 1]:
            return False
        following = boundary_bits(text[token_starts[t + 2] : token_ends[t + 2]])
    return following & VERB != 0
