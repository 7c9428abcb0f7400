"""Money with its currency, per cents, and quantities with their units."""

from __future__ import annotations

import re
from decimal import Decimal

from fanlight.values.numbers import SCALES, read_number
from fanlight.values.units import COINS, CURRENCIES, SIGNS, UNITS
from fanlight.values.value import Value

_EDGE = re.compile(
    r"^(?:(?:about|around|some|nearly|almost|over|under|up to|at least|at most|more than|less than|only|just|roughly|"
    r"approximately|an estimated|a record|the|total|as much as|as many as|약|총|최소|최대|무려|각각|단|겨우)\s)+"
)
_PER_CENT = re.compile(
    r"\s?(?:%|percent|per cent|pct\.?|percentage points?|points?|퍼센트|프로|%\s?포인트|%p)(?:의|를|가|는|은|이|을)?"
)
_SIGN = re.compile("(?:us|hk|nt|au|ca|nz|s|a|c|r)?[$€£¥₩₽₹₺₪₫฿￦]|[a-z]{1,3}\\.?(?= ?\\d)")
_SUFFIX = re.compile(r"(?:가량|정도|여|쯤|어치|짜리|씩|의|를|가|는|은|이|을|에|로|으로|과|와|도|만)+$")


def read(text: str, type_: str) -> Value | None:
    """Return the value of money, a per cent or a quantity; see `fanlight.values.read_value`."""
    form = text.lower().strip(" ,;")
    sign = -1 if form.startswith(("-", "minus ")) else 1
    form = _EDGE.sub("", form.removeprefix("-").removeprefix("minus "))
    value = {"MONEY": _money, "PERCENT": _per_cent, "QUANTITY": _quantity}[type_](form)
    if value is None or value.number is None or sign > 0:
        return value
    return Value(value.kind, value.iso, -value.number, value.unit)


def _money(form: str) -> Value | None:
    """Read $3.5 billion, 999 dollars, 50 cents, 3만 5천 원, US$ 5m."""
    currency = None
    if (match := _SIGN.match(form)) and (
        code := SIGNS.get(match.group().rstrip(".")) or _code(match.group().rstrip("."))
    ):
        currency, form = code, form[match.end() :].lstrip()
    number = read_number(form, money=True)
    amount = number.value if number else None
    unit_name = form[number.end :].strip(" -") if number else form
    if number is None:
        article, _, unit_name = form.partition(" ")
        amount = Decimal(1) if article in ("a", "an", "one") else None
    if amount is None:
        return None
    if currency is None:
        unit_name = unit_name.rstrip(".")
        for name in (unit_name, _SUFFIX.sub("", unit_name), unit_name.removeprefix("a ")):
            if name in COINS:
                return Value("money", number=amount / 100, unit=COINS[name])
            if code := CURRENCIES.get(name) or SIGNS.get(name) or _code(name):
                currency = code
                break
    return Value("money", number=amount, unit=currency) if currency else None


def _code(name: str) -> str | None:
    """Return an ISO 4217 code that is written as one."""
    code = name.upper()
    return code if code in _CODES else None


_CODES = frozenset(CURRENCIES.values())


def _per_cent(form: str) -> Value | None:
    number = read_number(form)
    if number and _PER_CENT.fullmatch(form[number.end :]):
        return Value("percent", number=number.value)
    if number and number.end == len(form) and 0 < number.value < 1:  # two-thirds
        return Value("percent", number=100 * number.value)
    return None


def _quantity(form: str) -> Value | None:
    """Read 12 tonnes, 300 km, 50mg, six feet, 5 sq km, 6이닝, 2큰술."""
    number = read_number(form)
    amount = number.value if number else None
    unit = form[number.end :].strip(" -") if number else ""
    if number is None:
        article, _, unit = form.partition(" ")
        amount = Decimal(1) if article in ("a", "an") else None
    if amount is None or not unit:
        return None
    head, _, tail = unit.partition(" ")
    if head in SCALES and tail and head not in UNITS:
        amount, unit = amount * SCALES[head], tail
    shorter = unit.removeprefix("of ").removeprefix("a ").rstrip(".")
    for name in (shorter, shorter.removesuffix("s"), _SUFFIX.sub("", shorter)):
        if name in UNITS:
            return Value("quantity", number=amount, unit=UNITS[name])
    name = _SUFFIX.sub("", shorter) or shorter
    return Value("quantity", number=amount, unit="{" + name + "}") if re.fullmatch(r"[\w\s°/²³-]+", name) else None
