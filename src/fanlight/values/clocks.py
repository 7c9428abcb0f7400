"""English clock times, and clock times in figures."""

from __future__ import annotations

import re

from fanlight.values.numbers import WORDS, read_number

ZONES = {
    "gmt": "Z", "utc": "Z", "z": "Z", "est": "-05:00", "edt": "-04:00", "cst": "-06:00", "cdt": "-05:00",
    "mst": "-07:00", "mdt": "-06:00", "pst": "-08:00", "pdt": "-07:00", "cet": "+01:00", "cest": "+02:00",
    "bst": "+01:00", "kst": "+09:00", "jst": "+09:00", "ist": "+05:30",
}  # fmt: skip
_NAMED = {
    "noon": "T12:00", "midday": "T12:00", "12 noon": "T12:00", "twelve noon": "T12:00", "midnight": "T00:00",
    "12 midnight": "T00:00", "twelve midnight": "T00:00", "12:00 noon": "T12:00", "12:00 midnight": "T00:00",
}  # fmt: skip
_FIGURES = re.compile(
    r"(\d{1,2})(?:[:.](\d{2}))?(?::(\d{2}(?:\.\d{1,9})?))? ?(a\.?m\b\.?|p\.?m\b\.?|o'clock|h(?:rs)?\b)?"
)
_FRENCH = re.compile(r"(\d{1,2}) ?h ?(\d{2})")
_MILITARY = re.compile(r"(\d{2})(\d{2}) ?(?:hours|hrs|h)?")
_ZONE = re.compile(r" ?\(?(?:(?:gmt|utc)? ?([+-])(\d{1,2})(?::?(\d{2}))?|([a-z]{1,4}))\)?$")
_LEADING = re.compile(r"^(am|pm|a\.m\.|p\.m\.) ([0-9:]+)$")
_LOCAL = re.compile(  # ET is EST or EDT
    r"(?: \(?(?:(?:local|eastern|central|pacific|mountain)(?: time)?|[ecmp]t)\)?| \([^()]*\))$"
)
_PAST = re.compile(r"(?:(?:a )?(half|quarter)|([a-z0-9-]+?)(?: minutes?)?) (past|after|to|before|till) (.+)")
_PART = re.compile(r" (?:in the (morning|afternoon|evening)|at (night))$")


def read_clock(form: str) -> str | None:
    """Parse 5 pm, 5:30 p.m. GMT, 17:00+02:00, 1400 GMT, noon, half past five, ten o'clock in the morning.

    Parameters
    ----------
    form : str
        Text in lower case.

    Returns
    -------
    str or None
        A time such as "T17:00", with its zone if any.
    """
    form = _LEADING.sub(r"\2 \1", _LOCAL.sub("", form))
    form = form.replace("half-past", "half past")
    if form in _NAMED:
        return _NAMED[form]
    zone = ""
    if match := _ZONE.search(form):
        if match[1]:
            head = form[: match.start()]
            is_named = "gmt" in match.group() or "utc" in match.group()
            if int(match[2]) <= 14 and (is_named or (":" in head and (match[1] == "+" or head.count(":") == 2))):
                form, zone = head, f"{match[1]}{int(match[2]):02}:{match[3] or '00'}"
        elif match[4] in ZONES:
            form, zone = form[: match.start()], ZONES[match[4]]
    if (match := _MILITARY.fullmatch(form)) and (zone or "h" in form):
        return _write(int(match[1]), int(match[2]), None, zone)
    if match := _FRENCH.fullmatch(form):
        return _write(int(match[1]), int(match[2]), None, zone)
    part = _PART.search(form)
    half = "p" if part and part.group(1) != "morning" else "a" if part else ""
    return _in_figures(form[: part.start()] if part else form, half, zone) or _in_words(
        form[: part.start()] if part else form, half, zone
    )


def _in_figures(form: str, half: str, zone: str) -> str | None:
    match = _FIGURES.fullmatch(form)
    if match is None or (match[4] == "hrs" and not match[2]) or not (match[2] or match[4] or half or zone):
        return None
    if match[4] and match[4][0] in "ap":
        half = match[4][0]
    hour = _hour(int(match[1]), half)
    return None if hour is None else _write(hour, int(match[2] or 0), match[3], zone)


def _in_words(form: str, half: str, zone: str) -> str | None:
    """Parse half past five, five to six, five thirty, ten o'clock, ten a.m."""
    for ending in (" p.m.", " pm", " p.m", " a.m.", " am", " a.m", " o'clock"):
        if form.endswith(ending):
            form = form.removesuffix(ending)
            half = half or (ending[1] if ending[1] in "ap" else "o")
            break
    match = _PAST.fullmatch(form)
    is_range = match and match[3] == "to" and (match[2] or "").isdecimal() and int(match[2]) < 13  # 5 to 6
    if match and not (is_range and " minute" not in form):
        minutes = {"half": 30, "quarter": 15}.get(match[1]) or _number(match[2] or "")
        hour_text = match[4].removesuffix(" o'clock")
        hour = {"midnight": 24, "noon": 12}.get(hour_text) or _number(hour_text)
        if minutes is None or hour is None or minutes > 59 or not (hour in (12, 24) or hour <= 12):
            return None
        total = 60 * (hour if hour > 12 else _hour(hour, half) or 0)
        total += minutes if match[3] in ("past", "after") else -minutes
        return _write(total // 60 % 24, total % 60, None, zone)
    number = _number(form)
    if number is not None and half:
        hour = _hour(number, half)
        return None if hour is None else _write(hour, 0, None, zone)
    words = form.replace("-", " ").split()
    if 2 <= len(words) <= 3 and WORDS.get(words[0], 0) in range(1, 13):
        minutes = _number(" ".join(words[1:]).removeprefix("oh "))
        hour = _hour(WORDS[words[0]], half)
        spoken = minutes is not None and (minutes in range(10, 60) or words[1] == "oh")
        return _write(hour, minutes or 0, None, zone) if spoken and hour is not None else None
    return None


def _number(text: str) -> int | None:
    number = read_number(text)
    return int(number.value) if number and number.end == len(text) else None


def _hour(hour: int, half: str) -> int | None:
    """Return the hour from 0 to 23 for an hour with a or p; None if the hour is not from 1 to 12."""
    if half in ("a", "p"):
        return hour % 12 + 12 * (half == "p") if 1 <= hour <= 12 else None
    return hour


def _write(hour: int, minute: int, second: str | None, zone: str) -> str | None:
    if hour > 24 or minute > 59 or (second is not None and float(second) >= 60) or (hour == 24 and minute):
        return None
    return f"T{hour:02}:{minute:02}{f':{second}' if second else ''}{zone}"
