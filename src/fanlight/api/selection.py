"""Active learning: selection of texts to label, by the model's uncertainty and by novelty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences

STEP = 1000  # texts between two progress reports
WRAPPED = 0.1  # minimum share of line ends within sentences in hard-wrapped text
FINAL = tuple(".!?…:;。！？\"'”’)")


def split_sentences(text_lines: Iterable[str], unit: str) -> list[tuple[int, str]]:
    """Return the sentences of a text, each with the number of its first line, from 1.

    In hard-wrapped text, the lines of a paragraph are joined; otherwise each line is a separate text.

    Parameters
    ----------
    text_lines : iterable of str
    unit : str
        "word" or "character": the unit of the model.

    Examples
    --------
    >>> split_sentences(["It rained", "all day. We", "stayed.", "", "Bye."], "word")
    [(1, 'It rained all day.'), (2, 'We stayed.'), (5, 'Bye.')]
    """
    numbered = list(enumerate(text_lines, 1))
    wrapped = _is_wrapped([line for _, line in numbered])
    paragraphs: list[list[tuple[int, str]]] = []
    for number, line in numbered:
        if not line.strip():
            paragraphs.append([])
        elif wrapped and paragraphs:
            paragraphs[-1].append((number, line.strip()))
        else:
            paragraphs.append([(number, line.strip())])
    sentences = []
    for paragraph in paragraphs:
        text = "\n".join(line for _, line in paragraph)
        for offsets in tokenise_sentences(text, unit):
            start, end = offsets[0][0], offsets[-1][1]
            number = paragraph[text.count("\n", 0, start)][0]
            sentences.append((number, " ".join(text[start:end].split("\n"))))
    return sentences


def _is_wrapped(text_lines: Sequence[str]) -> bool:
    pairs = [(a.strip(), b.strip()) for a, b in pairwise(text_lines) if a.strip() and b.strip()]
    inside = sum(b[0].islower() and not a.endswith(FINAL) for a, b in pairs)
    return inside > WRAPPED * max(1, len(pairs))


def teaching_order(
    tagger: Tagger, texts: Sequence[str], count: int, progress: Callable[[int], object] = lambda done: None
) -> list[tuple[int, float]]:
    """Return indices and uncertainties of the most informative texts, best first.

    The value of a text is its uncertainty (improbability of the best readings) times the novelty of its words among the
    texts chosen before. The selection is greedy, with lazy evaluation because values only decrease (Minoux 1978).

    Parameters
    ----------
    tagger : Tagger
    texts : sequence of str
    count : int
        Number of texts to choose.
    progress : callable
        Called after every `STEP` texts with the number of texts read.
    """
    doubt, words = [], []
    for number, text in enumerate(texts, 1):
        certainties = [rows[0][0] for rows in tagger.readings(text, 1)]
        doubt.append(1 - min(certainties, default=1.0))
        words.append({text[s:e].lower() for s, e in tagger.tokens(text)})
        if number % STEP == 0:
            progress(number)
    counts: Counter[str] = Counter()

    def worth(i: int) -> float:
        return doubt[i] * sum(1 / (1 + counts[word]) for word in words[i]) / max(1, len(words[i]))

    waiting = [(-worth(i), i) for i in range(len(texts))]
    heapify(waiting)
    chosen: list[tuple[int, float]] = []
    while waiting and len(chosen) < count:
        old, i = heappop(waiting)
        current = -worth(i)
        if current > old and waiting and current > waiting[0][0]:
            heappush(waiting, (current, i))
            continue
        chosen.append((i, doubt[i]))
        counts.update(words[i])
    return chosen
