"""Korean clock times."""

from __future__ import annotations

import re

from fanlight.values.numbers import read_number

PARTS = {
    "아침": "TMO", "오전": "TMO", "새벽": "TMO", "오후": "TAF", "낮": "TAF", "저녁": "TEV", "밤": "TNI", "한밤": "TNI",
    "한밤중": "TNI", "점심": "TAF", "점심때": "TAF",
}  # fmt: skip
_HALVES = {"am": "오전", "pm": "오후", "a.m.": "오전", "p.m.": "오후"}
_PLACE = re.compile(r"^(?:(한국)|현지|미국|동부|우리)?\s?시[간각]?(?:으?로)? (?=.*시|.*:)|^정각 ")
_CLOCK = re.compile(
    r"(?:(오전|오후|새벽|아침|낮|점심|저녁|밤|am|pm|a\.m\.|p\.m\.) ?)?(.{1,4}?) ?시(?: ?(?:(.{1,5}?) ?분|(반)))?"
    r"(?: ?(.{1,5}?) ?초)?(?: (.{1,4}?) ?분 ?전)?(?: ?정각)?"
)
_COLON = re.compile(
    r"(?:(오전|오후|새벽|아침|낮|저녁|밤|am|pm|a\.m\.|p\.m\.) ?)?(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?(am|pm))?"
)
_AFTERNOON = frozenset(["오후", "저녁", "밤", "낮", "점심"])


def read_clock(form: str) -> str | None:
    """Parse 오후 3시 반, 세 시, 정오, 새벽 두 시 십오 분, 오후 3:30, 한국시간 오전 3시.

    Returns
    -------
    str or None
        A time such as "T15:30", or "TMO" for a part of the day.
    """
    zone = ""
    if match := _PLACE.match(form):
        zone, form = "+09:00" if match[1] else "", form[match.end() :]
    if form in ("정오", "낮 열두 시"):
        return f"T12:00{zone}"
    if form == "자정":
        return f"T00:00{zone}"
    if form in PARTS:
        return PARTS[form]
    if match := _COLON.fullmatch(form):
        half = _HALVES.get(match[5] or "", match[1])
        return _write(half, int(match[2]), int(match[3]), int(match[4]) if match[4] else None, zone)
    if match := _CLOCK.fullmatch(form):
        half, hour, minute, thirty, second, before = match.groups()
        numbers = [_full(part) if part else 0 for part in (hour, minute, second, before)]
        if any(number is None for number in numbers):
            return None
        hours, minutes, seconds, less = (number or 0 for number in numbers)
        minutes = 30 if thirty else minutes
        if less:
            hours, minutes = divmod(60 * hours + minutes - less, 60)
        return _write(half, hours, minutes, seconds if second else None, zone)
    return None


def _write(half: str | None, hour: int, minute: int, second: int | None, zone: str) -> str | None:
    if not 0 <= hour <= 24 or minute > 59 or (second or 0) > 59 or (hour == 24 and minute):
        return None
    half = _HALVES.get(half or "", half or "")
    if half == "밤" and hour == 12 and not minute:
        hour = 24
    elif half in _AFTERNOON and hour < 12 and not (half == "밤" and hour < 6):
        hour += 12
    elif half in ("오전", "새벽", "밤") and hour == 12:
        hour = 0
    return f"T{hour:02}:{minute:02}{'' if second is None else f':{second:02}'}{zone}"


def _full(text: str) -> int | None:
    text = text.strip()
    number = read_number(text)
    return int(number.value) if number and number.end == len(text) and number.value % 1 == 0 else None
