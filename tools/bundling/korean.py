"""The training files of the Korean model: KLUE under our types, its names exchanged, and generated sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.text.sentences import tokenise_sentences

Rng = np.random.Generator
Span = tuple[int, int, str]
Text = tuple[str, list[Span]]
SEED = 7
GENERATED = 6000  # sentences
EXCHANGED = 2500  # sentences of KLUE with other names
TYPES = {"PS": "PER", "LC": "LOC", "OG": "ORG", "DT": "DATE", "TI": "TIME"}
LATIN = (
    "LG Electronics",
    "Samsung",
    "NAVER",
    "Kakao",
    "Google",
    "Apple",
    "Netflix",
    "IBM",
    "Tesla",
    "OpenAI",
    "SK hynix",
)
UNITS = re.findall(
    r"\S+",
    "kg g km m cm mm ml L 톤 리터 킬로미터 미터 평 근 이닝 큰술 작은술 스푼 컵 도 명 개 마리 권 병 잔 대 그램 킬로",
)
_MONEY = re.compile(r"\d.*(원|달러|엔|유로|위안|파운드|페소|루피|프랑)|[$￦₩€£¥]|^(수|몇)?[십백천만억조]+ ?(원|달러)$")
_PERCENT = re.compile(r"\d ?(%|％|퍼센트|프로|퍼)$")
SLOT = re.compile(r"\{([A-Z]+)\}((?:은/는|이/가|을/를|과/와|아/야|이가/가|이는/는|이랑/랑)?)")

SETTINGS: dict[str, Any] = {  # only the characters themselves are seen from afar: three times as fast
    "unit": "character",
    "hidden": 96,
    "epochs": 14,
    "features": {
        "character": {"buckets": 8192, "dimension": 64, "features": ["character"]},
        "bigram": {
            "buckets": 32768,
            "dimension": 64,
            "features": ["left", "right", "left3", "right3", "around"],
            "reach": 0,
        },
        "word": {"buckets": 32768, "dimension": 64, "features": ["word", "head", "tail", "rest"], "reach": 0},
        "place": {
            "buckets": 512,
            "dimension": 32,
            "features": ["class", "position", "position_from_end", "word_length", "neighbours"],
            "reach": 0,
        },
    },
}


def type_of_quantity(text: str) -> str:
    """Return the type of a quantity by its unit.

    Examples
    --------
    >>> [type_of_quantity(text) for text in ("3만 5천 원", "15%", "6이닝")]
    ['MONEY', 'PERCENT', 'QUANTITY']
    """
    return "MONEY" if _MONEY.search(text) else "PERCENT" if _PERCENT.search(text) else "QUANTITY"


def write_corpora(data: Path, folder: Path) -> tuple[Path, Path, list[Path]]:
    """Write KLUE's parts and what is made of it; return the train file, the dev file and more training files."""
    rng = np.random.default_rng(SEED)
    texts = {part: klue_texts(data / "klue-ko" / f"{part}.tsv") for part in ("train", "dev")}
    names = names_of(data)
    chosen = rng.permutation(len(texts["train"]))[:EXCHANGED].tolist()
    texts["exchanged"] = [exchanged(*texts["train"][n], names, rng) for n in chosen]
    templates = Path(__file__).with_name("korean_sentences.txt").read_text(encoding="utf-8").strip().split("\n")
    texts["made"] = [sentence(_pick(rng, templates), names, rng) for _ in range(GENERATED)]
    places = {name: folder / f"{name}.jsonl" for name in texts}
    for name, place in places.items():
        lines = [
            json.dumps({"text": text, "spans": [{"start": s, "end": e, "label": t} for s, e, t in spans]})
            for text, spans in texts[name]
        ]
        place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return places["train"], places["dev"], [places["exchanged"], places["made"]]


def klue_texts(path: Path) -> list[Text]:
    """Return KLUE's sentences with spans in our types."""
    return [_spans_in_text(sentence) for sentence in read_corpus(path, tokenise_sentences).sentences]


def _spans_in_text(sentence: Sentence) -> Text:
    spans = []
    for begin, stop, type_ in sentence.spans:
        start, end = sentence.token_starts[begin], sentence.token_ends[stop - 1]
        spans.append((start, end, TYPES.get(type_) or type_of_quantity(sentence.text[start:end])))
    return sentence.text, spans


def names_of(data: Path) -> dict[str, list[str]]:
    """Return names by type: Korean ones of the gazetteer, and some in Latin letters."""
    names: dict[str, list[str]] = {"PER": [], "LOC": [], "ORG": []}
    for line in (data / "gazetteers" / "ko-names.tsv").read_text(encoding="utf-8").split("\n"):
        name, tab, type_ = line.partition("\t")
        if tab and len(name) > 1 and (type_ != "PS" or len(name) == 3):
            names[TYPES[type_]].append(name)
    names["ORG"] += [*LATIN] * 20
    names["GIVEN"] = [name[1:] for name in names["PER"]]  # Korean surnames have one syllable
    return names


def is_closed(text: str) -> bool:
    """Tell whether the last syllable ends in a consonant, which decides between the forms of a particle."""
    last = ord(text[-1])
    if 0xAC00 <= last <= 0xD7A3:
        return (last - 0xAC00) % 28 > 0
    return text[-1] in "013678lmnrLMNR%"


def exchanged(text: str, spans: Sequence[Span], names: Mapping[str, Sequence[str]], rng: Rng) -> Text:
    """Return a text with most of its names exchanged for others after which the same particles follow."""
    out, moved, read = "", [], 0
    for start, end, type_ in sorted(spans):
        out += text[read:start]
        name = text[start:end]
        if type_ in names and len(name) > 1 and rng.random() < 0.7:
            others = (_pick(rng, names[type_]) for _ in range(20))
            name = next((other for other in others if is_closed(other) == is_closed(name)), name)
        moved.append((len(out), len(out) + len(name), type_))
        out, read = out + name, end
    return out + text[read:], moved


def sentence(template: str, names: Mapping[str, Sequence[str]], rng: Rng) -> Text:
    """Fill a template's slots, with the particles that fit."""
    text, spans, read = "", [], 0
    for slot in SLOT.finditer(template):
        text += template[read : slot.start()]
        kind, particles = slot.groups()
        read = slot.end()
        value = _pick(rng, names[kind]) if kind in names else VALUES[kind](rng)
        if kind in TYPES_OF_SLOTS:
            spans.append((len(text), len(text) + len(value), TYPES_OF_SLOTS[kind]))
        text += value
        if particles:
            closed, open_ = particles.split("/")
            text += closed if is_closed(value) else open_
    return text + template[read:], spans


def _pick(rng: Rng, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


def _int(rng: Rng, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def date(rng: Rng) -> str:
    """Return a date: official, in digits, in words, or relative."""
    year, month, day = _int(rng, 1950, 2035), _int(rng, 1, 12), _int(rng, 1, 28)
    week = _pick(rng, list("월화수목금토일"))
    forms = [
        f"{year}. {month}. {day}.", f"{year}. {month}. {day}.",
        f"{year}.{month}.{day}.", f"{year}.{month:02}.{day:02}",
        f"{year}-{month:02}-{day:02}", f"{year}/{month:02}/{day:02}", f"'{year % 100:02}.{month}.{day}.",
        f"{year}년 {month}월 {day}일", f"{year}년{month}월{day}일",
        f"{month}월 {day}일", f"{month}/{day}", f"{day}일",
        f"{year}년", f"{year}년 {month}월",
        f"{year // 10 * 10}년대", f"{week}요일", f"다음 주 {week}요일",
        "오늘", "내일",
        "어제", "모레", "지난주", "이번 주", "다음 주", "지난달", "이번 달", "다음 달", "올해", "작년", "내년",
        f"{year}년 {month}월 {day}일({week})", f"{_int(rng, 1, 4)}분기",
        f"{year}. {month}.", f"지난 {day}일", f"오는 {day}일",
    ]  # fmt: skip
    return _pick(rng, forms)


def time(rng: Rng) -> str:
    """Return a time of day."""
    hour, minute = _int(rng, 1, 12), _int(rng, 1, 59)
    half = _pick(rng, ["오전", "오후", "오후", "밤", "새벽", "아침", "저녁"])
    native = _pick(rng, ["한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"])
    forms = [
        f"{half} {hour}시", f"{half} {hour}시", f"{half} {hour}시 {minute}분", f"{half} {hour}시 반", f"{hour}시",
        f"{hour}시 {minute}분", f"{hour}시 반", f"{native} 시", f"{native}시 반", f"{half} {native} 시",
        f"{_int(rng, 0, 23):02}:{minute:02}", f"{half} {hour}:{minute:02}", f"{half}{hour}시", "정오", "자정",
    ]  # fmt: skip
    return _pick(rng, forms)


def short_duration(rng: Rng) -> str:
    """Return a number of hours or less."""
    native = _pick(rng, ["한", "두", "세", "네", "다섯"])
    forms = [f"{_int(rng, 1, 30)}시간", f"{_int(rng, 1, 59)}분", f"{native} 시간", f"{native}시간 반",
             f"{_int(rng, 1, 59)}초",
             f"{_int(rng, 1, 9)}시간 {_int(rng, 1, 59)}분"]  # fmt: skip
    return _pick(rng, forms)


def money(rng: Rng) -> str:
    """Return an amount of money."""
    number, thousand = _int(rng, 1, 99), _int(rng, 1, 9)
    forms = [
        f"{number}만 {thousand}천 원", f"{number}만 {thousand}천원",
        f"{number}만{thousand}천원", f"{number}만 원", f"{number}만원",
        f"{thousand}천 원", f"{thousand}천원", f"{number},{_int(rng, 0, 999):03}원",
       
        f"{number * 100}원", f"{number}억 원", f"{number}억원",
        f"{number}억 {thousand}천만 원", f"{thousand}조 {number}억 원",
        f"{number}달러", f"{number}만 달러", f"${number}",
        f"₩{number},000", f"{number}유로",
        f"{number}위안", f"{number}엔", f"만 {thousand}천 원", "만 원", "천원", "오만 원",
        "삼만 오천 원", "백만 원",
    ]  # fmt: skip
    return _pick(rng, forms)


def percentage(rng: Rng) -> str:
    """Return a per cent."""
    number = _pick(rng, [str(_int(rng, 1, 100)), f"{_int(rng, 0, 99)}.{_int(rng, 1, 9)}"])
    return number + _pick(rng, ["%", "%", "%", " %", "퍼센트", "프로"])


def quantity(rng: Rng) -> str:
    """Return a measure or a count with its unit."""
    number = _pick(rng, [str(_int(rng, 1, 30)), str(_int(rng, 1, 999)), f"{_int(rng, 0, 99)}.{_int(rng, 1, 9)}"])
    native = _pick(rng, ["한", "두", "세", "네", "다섯", "여섯", "열"])
    unit = _pick(rng, UNITS)
    counted = _pick(rng, ["명", "개", "마리", "권", "병", "잔", "큰술", "스푼", "컵", "사람", "가지"])
    return _pick(
        rng, [f"{number}{unit}", f"{number}{unit}", f"{number} {unit}", f"{native} {counted}", f"{native}{counted}"]
    )


VALUES: dict[str, Callable[[Rng], str]] = {
    "DATE": date,
    "TIME": time,
    "SHORT": short_duration,
    "MONEY": money,
    "PERCENT": percentage,
    "QUANTITY": quantity,
    "N": lambda rng: str(_int(rng, 1, 30)),
    "V": lambda rng: f"{_int(rng, 0, 9)}.{_int(rng, 0, 12)}.{_int(rng, 0, 9)}",
    "PHONE": lambda rng: f"0{_int(rng, 2, 64)}-{_int(rng, 100, 9999)}-{_int(rng, 1000, 9999)}",
    "LONG": lambda rng: str(_int(rng, 10**5, 10**9)),
}
TYPES_OF_SLOTS = {
    "SHORT": "TIME",
    "GIVEN": "PER",
    **{name: name for name in ("PER", "LOC", "ORG", "DATE", "TIME", "MONEY", "PERCENT", "QUANTITY")},
}
