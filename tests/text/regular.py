"""Regular expressions and texts for tests: random ones, and some that make backtracking take for ever."""

from hypothesis import strategies as st

LETTERS = "abAB1_ -.\nékKſ\u212aİ서👍\u0301\u00df"
ITEMS = ["a", "b", "é", "서", "k", "ß", r"\.", ".", "[ab]", "[^a]", "[a-z1]", r"[\w-]", r"[^\d\n]"]
ITEMS += [r"\w", r"\W", r"\d", r"\s", r"\S"]
BORDERS = [r"\b", r"\B", "^", "$", r"\A", r"\Z"]
OPENINGS = ["(", "(?:", "(?i:", "(?s:", "(?m:", "(?i-s:"]
REPEATS = ["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}", "{,3}", "*?", "+?", "??", "{1,2}?", "{,2}?"]

HOSTILE = [
    r"(a+)+$",
    r"(a|a)*b",
    r"a|a.*z",
    r"(.*)(.*)(.*)x",
    r"(x+x+)+y",
    r"(a?){30}a{30}",
    r"a*a*a*a*b",
    r"(\w+\s?)*!",
]

texts = st.text(LETTERS, max_size=10)


def _groups(inner):
    parts = st.lists(inner, min_size=1, max_size=3)
    group = st.builds(lambda opening, ways: f"{opening}{'|'.join(ways)})", st.sampled_from(OPENINGS), parts)
    repeated = st.builds(lambda part, repeat: f"(?:{part}){repeat}", inner, st.sampled_from(REPEATS))
    return parts.map("".join) | group | repeated


expressions = st.builds(
    lambda flags, body: flags + body,
    st.sampled_from(["", "", "(?i)", "(?m)", "(?s)", "(?x)"]),
    st.recursive(st.sampled_from([*ITEMS, *BORDERS, ""]), _groups, max_leaves=8),
)


def spans(expression, text):
    """Return what a compiled expression of `re` finds, without empty matches."""
    return [match.span() for match in expression.finditer(text) if match.end() > match.start()]
