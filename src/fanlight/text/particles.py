"""Korean particles and endings that follow a name in its space-delimited word.

A sequence has at most one item of each slot, in the order of the slots: plural and forms of address; case; two
auxiliary particles; the copula. An item with allomorphs may follow only a final consonant, or only a vowel: 가 does
not follow 양. Items that more often end longer nouns (인, 대, 자 …) are not in the table. `text.patterns` and the
kernels of `engine.rules` use `PARTICLES`.

References
----------
National Institute of Korean Language 2005, 외국인을 위한 한국어 문법 1 (particles and their order).
"""

from __future__ import annotations

SLOTS = 5  # plural and address; case; two auxiliary particles; the copula
AFTER_CONSONANT, AFTER_VOWEL = 1 << 8, 1 << 9  # bits of an item after those of its slots
LONGEST = 5  # syllables of an item
LIMIT = 10  # syllables of a sequence

_ANYWHERE = (
    "들 씨 님 측 네 쪽",
    """의 에 에서 에게 에게서 께 께서 한테 한테서 더러 하고 보다 처럼 만큼 같이 까지 부터 마다 밖에 대로 마저 조차 뿐
    만 도 에서부터 으로부터 로부터 에다 에다가 이랑 쪽 엔 에선 에겐 께선 한텐 끼리""",
    "만 도 까지 부터 조차 마저 밖에 뿐 처럼 보다 만큼 마다 서 대로 라도 요 까진 부턴 보단 만으로 커녕",
    "만 도 의 요",
    """이다 입니다 입니까 이었다 이었습니다 이고 이며 이지만 이라는 이라고 이라며 이라면 이라서 이란 이어서 이자 이니
    인데 인데도 인지 인지도 인가 인가요 이에요 예요 이냐 일까 일까요 이었던 이었고 이었으며 이었지만 이었다고 이었다는
    이기 이기도 이면 이거나 이네 이네요 이니까 이죠 이지요 입니다만 이라니 이라든지 이라든가 이라던 이라고는
    이라고도""",
)
_AFTER_CONSONANT = (
    "",
    "이 은 을 과 으로 아 이랑 이나 이야 으로서 으로써 으로는 으로도 으론",
    "은 이나 이라도 이야 이야말로 이든 이든지 은커녕",
    "은 이 을",
    "",
)
_AFTER_VOWEL = (
    "", "가 는 를 와 로 야 랑 나 로서 로써 로는 로도 론", "는 나 라도 야 야말로 든 든지 는커녕", "는 가 를",
    """다 였다 였습니다 고 며 지만 라는 라고 라며 라면 라서 란 여서 자 니 냐 였던 였고 였으며 였지만 였다고 였다는
    거나 네요 니까 죠 지요 라니 라든지 라든가 라던 라고는 라고도""",
)  # fmt: skip


def _table() -> dict[str, int]:
    items: dict[str, int] = {}
    for lists, condition in (
        (_ANYWHERE, AFTER_CONSONANT | AFTER_VOWEL), (_AFTER_CONSONANT, AFTER_CONSONANT), (_AFTER_VOWEL, AFTER_VOWEL)
    ):  # fmt: skip
        for slot, words in enumerate(lists):
            for word in words.split():
                items[word] = items.get(word, 0) | 1 << slot | condition
    return items


PARTICLES = _table()


def follows_name(name: str, suffix: str) -> bool:
    """Tell whether `suffix`, which follows a name in its word, is a sequence of particles and endings.

    Examples
    --------
    >>> follows_name("루나비전", "에서는"), follows_name("루나비전", "가"), follows_name("서울", "대")
    (True, False, False)
    """
    if len(name) < 2 or not 0 < len(suffix) <= LIMIT:
        return False
    text = name[-1] + suffix
    states = [1] + [0] * len(suffix)  # after each syllable, bit s + 1 for an item of slot s that ends there
    for place in range(len(suffix)):
        condition = _condition(text[place])
        for length in range(1, min(LONGEST, len(suffix) - place) + 1) if states[place] else ():
            item = PARTICLES.get(suffix[place : place + length], 0)
            if item & condition:
                for slot in range(SLOTS):
                    if item >> slot & 1 and states[place] & ((2 << slot) - 1):
                        states[place + length] |= 2 << slot
    return states[-1] != 0


def _condition(character: str) -> int:
    """Return the bits of items that may follow a character: both kinds after letters that are no syllables."""
    if not "가" <= character <= "힣":
        return AFTER_CONSONANT | AFTER_VOWEL
    final = (ord(character) - 0xAC00) % 28
    return (AFTER_CONSONANT if final else AFTER_VOWEL) | (AFTER_VOWEL if final == 8 else 0)  # ㄹ: 서울로
