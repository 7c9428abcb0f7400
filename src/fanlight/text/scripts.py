"""Detection of a text's script."""


def language_of(text: str) -> str:
    """Return the name of the bundled model for a text: "ko" if most of its letters are Hangul, else "en".

    Examples
    --------
    >>> language_of("서울은 크다 (Seoul)"), language_of("Seoul (서울)")
    ('ko', 'en')
    """
    if text.isascii():
        return "en"
    hangul = sum("가" <= c <= "힣" for c in text)
    return "ko" if hangul and 2 * hangul >= sum(c.isalpha() for c in text) else "en"
