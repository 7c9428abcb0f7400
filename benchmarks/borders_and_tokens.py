"""Sentence borders and tokens of plain text against those of corpora.

``python benchmarks/borders_and_tokens.py`` reads gmb-en, CoNLL-2003 and ewt-en below ``$FANLIGHT_DATA``. Sentences are
joined to running text, 20 at a time, by simple rules: no space before closing marks and clitics, none behind opening
ones, a line end behind sentences without a final mark; and cut again. Lines of prose that CoNLL-2003 has as sentences
are joined before: what begins with a small letter or an opening bracket behind no final mark, or stands behind a comma.
Printed: F1 of borders inside the parts, and the
share of gold tokens that are tokens again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fanlight.text.sentences import segment

CLOSING = frozenset(". , ; : ! ? ) ] } % 's 'm 'd 're 've 'll n't '' ’s ...".split())  # noqa: SIM905
OPENING = frozenset("( [ { $ `` # £".split())  # noqa: SIM905
FINAL = frozenset(". ! ? ... \" '' '".split())  # noqa: SIM905
PART = 20


def join_tokens(sentences: list[list[str]]) -> tuple[str, set[int], set[tuple[int, int]]]:
    """Return running text, where sentences but the first begin, and the tokens' offsets."""
    text, gold_borders, tokens = "", set(), set()
    for number, words in enumerate(sentences):
        quoted = False
        for place, word in enumerate(words):
            before = words[place - 1] if place else ""
            quote = word == '"'
            quoted = quoted or (quote and place > 0 and place == len(words) - 1)  # it closes what began before
            glued = (
                word in CLOSING or before in OPENING or (quote and quoted) or (before == '"' and quoted and not quote)
            )
            if text and not (place and glued):
                text += " " if place or sentences[number - 1][-1] in FINAL else "\n"
            if number and not place:
                gold_borders.add(len(text))
            quoted ^= quote
            tokens.add((len(text), len(text) + len(word)))
            text += word
    return text, gold_borders, tokens


def score_borders(parts: list[list[list[str]]]) -> float:
    """Return F1 of sentence borders in percent."""
    right = gold = output = 0
    for part in parts:
        text, gold_borders, _ = join_tokens(part)
        token_starts, _, offsets = segment(text)
        output_borders = {int(token_starts[t]) for t in offsets[1:-1]}
        right, gold, output = (
            right + len(output_borders & gold_borders),
            gold + len(gold_borders),
            output + len(output_borders),
        )
        if "--errors" in sys.argv:
            for border in sorted(output_borders ^ gold_borders):
                print(
                    "+" if border in output_borders else "-",
                    text[max(0, border - 40) : border] + "|" + text[border : border + 30],
                )
    return 200 * right / max(1, gold + output)


def score_tokens(parts: list[list[list[str]]]) -> float:
    """Return the share of gold tokens that are tokens again, in percent."""
    right = gold = 0
    for part in parts:
        text, _, tokens = join_tokens(part)
        token_starts, token_ends, _ = segment(text)
        right += len(tokens & set(zip(token_starts.tolist(), token_ends.tolist(), strict=True)))
        gold += len(tokens)
    return 100 * right / max(1, gold)


def goes_on(previous: str, word: str) -> bool:
    """Tell whether a line of prose goes on with a word behind another."""
    return previous == "," or (previous not in FINAL and (word[0].islower() or word in OPENING))


def read_parts(path: Path, count: int, *, wrapped: bool = False) -> list[list[list[str]]]:
    """Read up to `count` sentences of a file of columns, in parts; `wrapped` ones are lines that may go on."""
    sentences, words = [], []
    for line in [*path.read_text("utf-8").splitlines(), ""]:
        word = line.split()[0] if line.strip() else ""
        if word and word != "-DOCSTART-":
            words.append(word)
        elif words:
            if wrapped and sentences and goes_on(sentences[-1][-1], words[0]):
                sentences[-1] += words
            else:
                sentences.append(words)
            words = []
    return [sentences[begin : begin + PART] for begin in range(0, min(count, len(sentences)), PART)]


def main() -> None:
    """Print a line a corpus."""
    data = Path(os.environ["FANLIGHT_DATA"])
    for name in sys.argv[1:2] or ("gmb-en/dev.txt", "conll2003-en/dev.txt", "ewt-en/train.txt"):
        parts = read_parts(data / name, 4000, wrapped=name.startswith("conll"))
        print(f"{name:22} borders {score_borders(parts):6.2f}   tokens {score_tokens(parts):6.2f}", flush=True)


if __name__ == "__main__":
    main()
