"""Bit flags of word types, on which sentence boundaries and case contexts depend."""

(
    FINAL, CLOSING, FIRST_LOWER, COMMA, DIVIDES, FIRST_UPPER, AS_FORM, ALPHABETIC, UPPER, LOWER, BULLET,
) = (1 << i for i in range(11))  # fmt: skip  # `text.boundaries` has the higher bits
