"""Sentences by grammar: numbers and names as newspapers seldom have them, and what only looks like an entity."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from bundling.corpora import Document
from bundling.silver import Match, token_spans
from fanlight.corpus.sentence import Sentence
from fanlight.text.sentences import tokenise_sentences

Rng = np.random.Generator


def _words(text: str) -> list[str]:
    return text.split()


def _templates(name: str) -> list[str]:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip().split("\n")


MONTHS = _words("January February March April May June July August September October November December")
SHORT_MONTHS = _words(
    "Jan. Feb. Mar. Apr. May Jun. Jul. Aug. Sept. Oct. Nov. Dec. Jan Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec"
)
DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
WORDS = _words(
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety"
)
LONG_UNITS = _words("days weeks months years decades centuries")
SHORT_UNITS = _words("hours minutes seconds hrs mins")
UNITS = _words(
    "km kilometres kilometers m metres meters cm mm miles yards feet inches kg kilograms grams g mg tonnes tons pounds "
    "ounces oz lbs litres liters ml gallons barrels acres hectares watts kW MW GB MB TB mph km/h cups tablespoons "
    "teaspoons tbsp tsp volts Hz MHz calories °C °F degrees"
)
CURRENCIES = _words("dollars euros pounds yen won cents yuan rupees francs pesos USD EUR GBP")
POSITIVE = _templates("english_with_entities.txt")
NAMED = _templates("english_with_names.txt")  # letters, minutes, messages, tweets, CVs, contracts
NEGATIVE = _templates("english_without_entities.txt")
TAGS = _words(
    "holiday love photography fitness tbt nofilter winning blessed foodie sunset throwback travel weekend news music art "
    "fashion MondayMotivation happy summer goals job hiring sale win live coffee nature breaking cute yoga jobs FollowFriday"
)


def pick(rng: Rng, values: Sequence[str]) -> str:
    """Return one of some values."""
    return values[int(rng.integers(len(values)))]


def _int(rng: Rng, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def _number(rng: Rng) -> str:
    form = _int(rng, 0, 5)
    if form == 0:
        return pick(rng, WORDS)
    if form == 1:
        return f"{_int(rng, 1, 99)},{_int(rng, 0, 999):03}"
    if form == 2:
        return f"{_int(rng, 0, 99)}.{_int(rng, 1, 99)}"
    return str(_int(rng, 1, 10 ** _int(rng, 1, 3)))


def date(rng: Rng) -> str:
    """Return a date in one of many forms."""
    day, month, year = _int(rng, 1, 28), _int(rng, 1, 12), _int(rng, 1850, 2049)
    recent, short = _int(rng, 1990, 2035), pick(rng, SHORT_MONTHS)
    name = MONTHS[month - 1]
    suffix = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(day, "th")
    forms = [
        f"{day:02}/{month:02}/{recent}", f"{month}/{day}/{recent}", f"{month:02}/{day:02}/{recent % 100:02}",
        f"{recent}-{month:02}-{day:02}", f"{recent}-{month:02}-{day:02}T{_int(rng, 0, 23):02}:{_int(rng, 0, 59):02}Z",
        f"{day:02}.{month:02}.{recent}", f"{day}.{month}.{recent}", f"{recent}.{month:02}.{day:02}",
        f"{recent}/{month:02}/{day:02}", f"{day} {name} {year}", f"{name} {day}, {year}", f"{name} {day}",
        f"{day} {name}",
        f"{day}{suffix} {name} {year}", f"{name} {day}{suffix}", f"{day}{suffix} of {name}", f"{short} {day}, {recent}",
        f"{day} {short} {recent}", f"{short} {day}", f"{name} {year}", f"{name}", f"{year}", f"{recent}",
        f"{year // 10 * 10}s", f"{pick(rng, DAYS)}", f"{pick(rng, DAYS)}", f"{pick(rng, DAYS)}, {name} {day}",
        f"{pick(rng, DAYS)}, {day} {name} {recent}", "today", "yesterday", "tomorrow",
        f"{pick(rng, ['last', 'next', 'this'])} {pick(rng, ['week', 'month', 'year', 'quarter'])}",
        f"Q{_int(rng, 1, 4)} {recent}", f"{name}, {recent}", f"{recent}-{month:02}",
    ]  # fmt: skip
    return pick(rng, forms[:-1])


def time(rng: Rng) -> str:
    """Return a time of day."""
    hour, minute = _int(rng, 1, 12), _int(rng, 0, 59)
    half = pick(rng, ["am", "pm", "a.m.", "p.m.", "AM", "PM"])
    forms = [
        f"{hour} {half}", f"{hour}{half}", f"{hour}:{minute:02} {half}", f"{hour}:{minute:02}{half}",
        f"{hour}:{minute:02}",
        f"{_int(rng, 0, 23):02}:{minute:02}", f"{_int(rng, 0, 23):02}:{minute:02}:{_int(rng, 0, 59):02}",
        "noon", "midnight",
        f"{hour} o'clock", f"{pick(rng, WORDS[:11])} o'clock",
        f"{hour}:{minute:02} {half} {pick(rng, ['ET', 'GMT', 'PST'])}",
        f"{_int(rng, 0, 23):02}:{minute:02} GMT",
    ]  # fmt: skip
    return pick(rng, forms)


def duration(rng: Rng) -> str:
    """Return a number of days or more."""
    return f"{_number(rng)} {pick(rng, LONG_UNITS)}"


def short_duration(rng: Rng) -> str:
    """Return a number of hours or less."""
    if rng.random() < 0.15:
        return f"{_int(rng, 2, 9)} hours {_int(rng, 2, 59)} minutes"
    return f"{_number(rng)} {pick(rng, SHORT_UNITS)}"


def money(rng: Rng) -> str:
    """Return an amount of money."""
    scale = pick(rng, ["million", "billion", "trillion", "thousand"])
    sign = pick(rng, ["$", "$", "$", "€", "£", "¥", "US$", "₩"])
    amount = pick(
        rng,
        [
            str(_int(rng, 1, 999)),
            f"{_int(rng, 1, 999)}.{_int(rng, 0, 99):02}",
            f"{_int(rng, 1, 99)},{_int(rng, 0, 999):03}",
        ],
    )
    forms = [
        f"{sign}{amount}", f"{sign}{amount}", f"{sign}{_int(rng, 1, 99)}.{_int(rng, 1, 9)} {scale}",
        f"{sign}{_int(rng, 1, 900)} {scale}",
        f"{sign}{_int(rng, 1, 900)}{pick(rng, ['k', 'm', 'bn', 'M', 'K'])}", f"{amount} {pick(rng, CURRENCIES)}",
        f"{pick(rng, WORDS)} {pick(rng, CURRENCIES[:8])}", f"{_int(rng, 1, 99)} {scale} {pick(rng, CURRENCIES[:8])}",
        f"{pick(rng, ['USD', 'EUR', 'GBP'])} {amount}", f"{_int(rng, 1, 999)} €",
    ]  # fmt: skip
    return pick(rng, forms)


def percentage(rng: Rng) -> str:
    """Return a per cent."""
    number = pick(rng, [str(_int(rng, 1, 100)), f"{_int(rng, 0, 99)}.{_int(rng, 1, 9)}"])
    forms = [
        f"{number}%",
        f"{number}%",
        f"{number} %",
        f"{number} percent",
        f"{number} per cent",
        f"{pick(rng, WORDS)} percent",
    ]
    return pick(rng, forms)


def quantity(rng: Rng) -> str:
    """Return a measure."""
    number, unit = _number(rng), pick(rng, UNITS)
    if number.isalpha() and (len(unit) < 3 or not unit.isalpha()):
        number = str(_int(rng, 2, 500))
    return f"{number}{pick(rng, ['', ' ']) if number[-1].isdigit() and len(unit) < 4 else ' '}{unit}"


NO_ENTITIES: dict[str, Callable[[Rng], str]] = {
    "N": lambda rng: pick(
        rng, [str(_int(rng, 1, 30)), str(_int(rng, 1, 999)), f"{_int(rng, 1, 99)},{_int(rng, 0, 999):03}"]
    ),
    "V": lambda rng: ".".join(str(_int(rng, 0, 12)) for _ in range(_int(rng, 2, 3))),
    "PHONE": lambda rng: pick(
        rng,
        [
            f"+{_int(rng, 1, 99)} {_int(rng, 100, 999)} {_int(rng, 100, 999)} {_int(rng, 1000, 9999)}",
            f"{_int(rng, 100, 999)}-{_int(rng, 100, 999)}-{_int(rng, 1000, 9999)}",
            f"({_int(rng, 100, 999)}) {_int(rng, 100, 999)}-{_int(rng, 1000, 9999)}",
        ],
    ),
    "SCORE": lambda rng: f"{_int(rng, 0, 9)}{pick(rng, ['-', ':', '–'])}{_int(rng, 0, 9)}",
    "LONG": lambda rng: str(_int(rng, 10**5, 10**9)),
    "TAG": lambda rng: "#" + pick(rng, TAGS),
    "HANDLE": lambda rng: f"@{pick(rng, TAGS).lower()}{pick(rng, ['', '_', str(_int(rng, 1, 99))])}",
}  # fmt: skip
NAME_TYPES = {
    "GIVEN": "PER", "SURNAME": "PER", "TAG-PER": "PER", "TAG-LOC": "LOC", "TAG-ORG": "ORG", "ORG-STOP": "ORG",
}  # fmt: skip
ENTITIES: dict[str, tuple[str, Callable[[Rng], str]]] = {
    "DATE": ("DATE", date),
    "TIME": ("TIME", time),
    "DURATION": ("DATE", duration),
    "DURATION-": ("DATE", lambda rng: f"{pick(rng, WORDS)}-{pick(rng, ['day', 'week', 'month', 'year'])}"),
    "SHORT": ("TIME", short_duration),
    "MONEY": ("MONEY", money),
    "PERCENT": ("PERCENT", percentage),
    "QUANTITY": ("QUANTITY", quantity),
}
MAKERS = {type_: maker for name, (type_, maker) in ENTITIES.items() if name == type_}
SLOT = re.compile(r"\{([A-Z-]+)\}")


def sentence(template: str, names: Mapping[str, Sequence[str]], rng: Rng) -> Document:
    """Fill a template's slots; return its sentences, tokenised as the tagger will."""
    text, entities, read = "", [], 0
    for slot in SLOT.finditer(template):
        text += template[read : slot.start()]
        read, name = slot.end(), slot.group(1)
        if name in NO_ENTITIES:
            text += NO_ENTITIES[name](rng)
            continue
        if name in names:
            type_, value = NAME_TYPES.get(name, name), pick(rng, names[name])
        else:
            type_, value = ENTITIES[name][0], ENTITIES[name][1](rng)
        value = value[:1].upper() + value[1:] if not text and value[:1].islower() and value.isalpha() else value
        entities.append((len(text), len(text) + len(value), type_))
        text += value
        read += value.endswith(".") and template[read : read + 1] == "."  # one full stop is enough
    return labelled(text + template[read:], entities)


def labelled(text: str, entities: Sequence[Match]) -> Document:
    """Return a text's sentences, with the entities that begin and end with a token."""
    document = []
    for offsets in tokenise_sentences(text, "word"):
        if offsets:
            token_starts, token_ends = zip(*offsets, strict=True)
            begin, stop = token_starts[0], token_ends[-1]
            moved = [(s - begin, e - begin, t) for s, e, t in entities if s >= begin and e <= stop]
            token_starts, token_ends = tuple(s - begin for s in token_starts), tuple(e - begin for e in token_ends)
            document.append(
                Sentence(
                    text[begin:stop], token_starts, token_ends, tuple(token_spans(moved, token_starts, token_ends))
                )
            )
    return document


def generated(count: int, names: Mapping[str, Sequence[str]], rng: Rng) -> list[Document]:
    """Return documents of a generated sentence: half with names, a quarter with none, some in another spelling."""
    documents = []
    for number in range(count):
        document = sentence(pick(rng, (POSITIVE, NEGATIVE, NAMED, NAMED)[number % 4]), names, rng)
        if number % 16 in (1, 2, 4):
            document = [s.respell(str.upper if rng.random() < 0.5 else str.lower) for s in document]
        documents.append(document)
    return documents


def exchanged(document: Document, rng: Rng) -> Document:
    """Return a document with most of its numbers exchanged for generated ones, as running text tokenised anew."""
    out = []
    for original in document:
        text, entities, read = "", [], 0
        for start, end, type_ in sorted(original.spans):
            begin, stop = original.token_starts[start], original.token_ends[end - 1]
            text += original.text[read:begin]
            value = original.text[begin:stop]
            if type_ in MAKERS and rng.random() < 0.7:
                value = MAKERS[type_](rng)
            entities.append((len(text), len(text) + len(value), type_))
            text, read = text + value, stop
        out += labelled(text + original.text[read:], entities)
    return out
