"""Parsing of money with currencies, per cents, and quantities with units."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from fanlight.values.numbers import SCALES, Number, read_number
from fanlight.values.units import CASED, COINS, COMPOUNDS, CURRENCIES, PERIODS, SIGNS, UNITS
from fanlight.values.value import Value

_EDGE = re.compile(
    r"^(?:~ ?|(?:about|around|some|nearly|almost|over|under|up to|at least|at most|more than|less than|only|just|"
    r"roughly|"
    r"approximately|an estimated|a record|the|total|as much as|as many as|a total of|an additional|another|"
    r"약|총|최소|최대|무려|각각|단|겨우|거의|대략)\s)+"
)
_PER_CENT = re.compile(
    r"[\s-]?(?:%|percent|per cent|pct\.?|percentage[ -]points?|points?|ppts?|pp|퍼센트|프로|%\s?포인트|"
    r"퍼센트\s?포인트|%p)"
)
_BASIS_POINTS = re.compile(r"[ -]?(?:basis[ -]points?|bps?|베이시스\s?포인트)")
_PART_OF = re.compile(r"(.{1,12})분의 ?(.{1,12})")
_TENTHS = re.compile(r"(.{1,3}?) ?할(?: ?(.{1,3}?) ?푼)?(?: ?(.{1,3}?) ?리)?")
_SIGN = re.compile("(?:us|hk|nt|au|ca|can|mex|nz|s|a|c|r)? ?[$€£¥₩₽₹₺₪₫฿￦₦₱₴₡]|cn¥|[a-zčł]{1,3}\\.? ?(?=\\.?[0-9])")
_DOLLAR = re.compile(r"^(?:u\.s\.|us) (?=\$)|^미화 ?")
_SUFFIX = re.compile(
    r"(?: ?(?:가량|정도|이상|이하|미만|초과|안팎|남짓|규모|여|쯤|어치|짜리|씩|대|정|"
    r"의|를|가|는|은|이|을|에|로|으로|과|와|도|만))+$"
)
_APPROXIMATELY = re.compile(r" ?(?:가량|정도|이상|이하|미만|초과|안팎|남짓|쯤|어치|짜리|씩|규모)$")
_RATE = re.compile(r"(?:[ -](?:a|an|per|each|every)[ -]|/)([^\W\d]+[23]?)$")
_TRAILING = re.compile(
    r"(?:[ -]?plus| annually| yearly| monthly| weekly| daily| hourly|\+| or (?:more|less)| each| apiece|"
    r" in cash| total| p\.?a\.?)$"
)
_ABOUT = re.compile(r"(?<=[0-9십백천만억조])여 ?(?=[가-힣])")  # 3만여 원
_STOPS = re.compile(r"(?<![0-9.,])[0-9]{1,3}((?:\.[0-9]{3})+)(?:,([0-9]{1,2}))?(?![0-9.,])")
_SPACES = re.compile(r"(?<![0-9.,])([0-9]{1,3})((?: [0-9]{3})+)(?![0-9/])")  # €2 500
_APOSTROPHE = re.compile(r"(?<=[0-9])'(?=[0-9]{3}(?![0-9]))")  # 1'234.50 in Switzerland
_SIGN_INSIDE = re.compile(r"^([$€£¥₩]) ?-")
_SIGNS = re.compile(r"^(?:[-+]|(?:minus|plus|마이너스|플러스) )")
_CASED = re.compile(r"(?<=[0-9])( ?)([A-Za-z]{1,2})(?![^\W\d])")
_COMMA = re.compile(r"(?<![0-9.,])([0-9]+),([0-9]{1,2})(?![0-9]|[.,][0-9])")
_FEET = re.compile(r"(?:([0-9]{1,3}) ?')? ?(?:([0-9]{1,3}) ?(?:\"|''))?")
_BRACED = re.compile(r"[^\W\d]+(?:[ -][^\W\d]+){0,2}")
_BEFORE = {
    "시속": ("", "/h"), "초속": ("", "/s"), "초당": ("", "/s"), "분당": ("", "/min"), "시간당": ("", "/h"),
     "섭씨": ("Cel", ""), "화씨": ("[degF]", ""), "영상": ("Cel", ""),
    "영하": ("Cel", ""), "키": ("", ""), "체중": ("", ""), "길이": ("", ""),
}  # fmt: skip


_YEARS_OF_AGE = re.compile(r"^만 ?(?=[0-9]{1,3} ?[세살])")


def spell_symbols(text: str) -> str:
    """Replace symbols of units that have another meaning in lower case with names.

    Examples
    --------
    >>> spell_symbols("5 mW"), spell_symbols("5 MW")
    ('5 milliwatt', '5 MW')
    """
    return _CASED.sub(_spell, text)


def _spell(match: re.Match[str]) -> str:
    name = CASED.get(match[2]) or CASED.get(match.group())
    return f" {name}" if name else match.group()


def read(text: str, type_: str) -> Value | None:
    """Return the value of money, a per cent or a quantity in lower case, or None; see `fanlight.values.read_value`."""
    form = _EDGE.sub("", text.strip(" ,;"))
    form = _SIGN_INSIDE.sub(r"-\1", form)
    form = _APOSTROPHE.sub("", form)
    form = _SPACES.sub(lambda match: match[1] + match[2].replace(" ", ""), form)
    sign = -1 if form.startswith(("-", "minus ", "마이너스 ")) or "영하 " in form else 1
    form = form if sign > 0 else form.replace("섭씨 영하 ", "영하 ").replace("화씨 영하 ", "화씨 ")
    form = _EDGE.sub("", _SIGNS.sub("", form))
    if "," in form or "." in form:
        form = _COMMA.sub(r"\1.\2", _STOPS.sub(_without_stops, form))
    form = _ABOUT.sub("", form).replace("mio. ", "mio ")
    value = {"MONEY": _money, "PERCENT": _per_cent, "QUANTITY": _quantity}[type_](form)
    if value is None and type_ == "QUANTITY" and (_PART_OF.match(form) or _TENTHS.match(form)):
        value = _per_cent(form)  # 3분의 1, a quantity in KLUE
    if value is None or value.number is None or sign > 0:
        return value
    return replace(value, number=-value.number)


def _without_stops(match: re.Match[str]) -> str:
    """Return 1.234,56 as 1234.56 and 1.234.567 as 1234567; keep 1.234, which is a decimal number."""
    if match[2] is None and match[1].count(".") == 1:
        return match.group()
    return match.group().replace(".", "").replace(",", ".")


_THOUSANDS = re.compile(
    r"(?<![0-9.,])([0-9]{1,3})\.([0-9]{3})(?![0-9.,])(?! ?[a-z]*(?:illion|bn|mn|[kmb]\b)| ?[조억만천])"
)
_PAY = re.compile(
    r"^(?:일금|금|[가-힣]{1,3}당|월평균|월|연간|연|연봉|월급|일당|시급|1인당|하루|매달|매년|한 달에?) ?"
    r"(?=[0-9일이삼사오육칠팔구십백천만억])"
)


def _number(form: str, money: bool = False) -> Number | None:
    """Parse a number, the half of 반 근, or the article of "a mile"."""
    if number := read_number(form, money):
        return number
    for word, value in (
        ("반 ", Decimal("0.5")),
        ("a ", Decimal(1)),
        ("an ", Decimal(1)),
        ("quarter-", Decimal("0.25")),
    ):
        if form.startswith(word):
            return Number(value, len(word))
    return None


def _halves(form: str) -> tuple[str, Decimal]:
    """Return a form without " and a half" or " 반" behind its unit, and 0.5 if it had one, else 0."""
    for ending in (" and a half", " 반"):
        if form.endswith(ending):
            return form.removesuffix(ending), Decimal("0.5")
    return form, Decimal(0)


def _money(form: str) -> Value | None:
    """Parse $3.5 billion, 999 dollars, 50 cents, 3만 5천 원, US$ 5m."""
    currency, form = None, _THOUSANDS.sub(r"\1\2", _PAY.sub("", _DOLLAR.sub("", form)))
    if match := _SIGN.match(form):
        sign = match.group().replace(" ", "").rstrip(".")
        if code := SIGNS.get(sign) or CURRENCIES.get(sign) or _code(sign):
            currency, form = code, form[match.end() :].lstrip()
    form, half = _halves(form)
    number = _number(form, money=True)
    if number is None:
        return None
    amount, name = number.value + half, _TRAILING.sub("", form[number.end :]).strip(" -")
    if currency is not None:
        repeated = _currency(name)  # $5 US, US$ 5 USD
        is_amount = repeated == (currency, Decimal(1)) if repeated else _is_rate(form[number.end :])
        return Value("money", number=amount, unit=currency) if is_amount else None
    main_name, separator, coins = name.partition(" and ")
    if separator and (part := _money(coins)) and part.number is not None and (main := _currency(main_name)):
        return Value("money", number=amount + part.number, unit=main[0]) if main[0] == part.unit else None
    if main := _currency(_RATE.sub("", name)):
        return Value("money", number=amount * main[1], unit=main[0])
    return None


def _currency(text: str) -> tuple[str, Decimal] | None:
    """Return the currency of a name, and the value of one unit: 0.01 for coins, else 1; None for other names."""
    bare = text.rstrip(".")
    for name in (bare, _SUFFIX.sub("", bare), bare.removeprefix("a "), bare.removeprefix("of ")):
        if name in COINS:
            return COINS[name], Decimal("0.01")
        if code := CURRENCIES.get(name) or SIGNS.get(name) or _code(name):
            return code, Decimal(1)
    return None


def _is_rate(text: str) -> bool:
    """Tell whether the text after an amount is empty or only "a share", "-a-year" or "or more"."""
    tail = _RATE.sub("", _SUFFIX.sub("", _TRAILING.sub("", text)))  # $50 per person per day
    return not tail.strip(" -") or bool(_RATE.fullmatch(tail if tail[0] in " -/" else f" {tail}"))


def _code(name: str) -> str | None:
    """Return a name in upper case if it is an ISO 4217 code, else None."""
    code = name.upper()
    return code if code in _CODES else None


_CODES = frozenset(CURRENCIES.values())


def _per_cent(form: str) -> Value | None:
    """Parse 15%, two-thirds, half a per cent, 50 basis points, 3분의 1, 3할 5푼."""
    bare = _SUFFIX.sub("", form)
    if bare in ("절반", "반"):
        return Value("percent", number=Decimal(50))
    if match := _PART_OF.fullmatch(bare) or _TENTHS.fullmatch(bare):
        share, *parts = (_exact_number(text) for text in match.groups())
        if match.re is _PART_OF:
            return Value("percent", number=100 * parts[0] / share) if share and parts[0] is not None else None
        tenths, hundredths = (part or Decimal(0) for part in parts)
        return Value("percent", number=10 * share + tenths + hundredths / 10) if share is not None else None
    form = form.removeprefix("연 ")
    number = _number(form)
    if number is None:
        return None
    unit = _TRAILING.sub("", form[number.end :]).removeprefix(" of").removeprefix(" a").removeprefix(" one")
    unit = unit if _PER_CENT.fullmatch(unit) else _RATE.sub("", unit)
    if unit.strip() == "‰":
        return Value("percent", number=number.value / 10)
    if _PER_CENT.fullmatch(unit) or _PER_CENT.fullmatch(_SUFFIX.sub("", unit)):
        return Value("percent", number=number.value)
    if _BASIS_POINTS.fullmatch(unit):
        return Value("percent", number=number.value / 100)
    if number.end == len(form) and 0 < number.value < 1:
        return Value("percent", number=100 * number.value)
    return None


def _exact_number(text: str | None) -> Decimal | None:
    """Return the number of a text that has only a number, else None."""
    number = read_number(text) if text else None
    return number.value if number and text is not None and number.end == len(text) else None


def _quantity(form: str) -> Value | None:
    """Parse 12 tonnes, 300 km, 50mg, six feet, 5 sq km, 6 feet 2 inches, 6이닝, 2큰술, 시속 100km, 고기 두 근."""
    if form[-1:] in "'\"" and (match := _FEET.fullmatch(form)) and match.group():
        feet, inches = (Decimal(part or 0) for part in match.groups())
        return Value(
            "quantity", number=12 * feet + inches if match[2] else feet, unit="[in_i]" if match[2] else "[ft_i]"
        )
    form = _YEARS_OF_AGE.sub("", form)
    form = form.removeprefix("a ") if form[:2] == "a " and form[2:3].isdecimal() else form
    word, _, tail = form.partition(" ")
    before = _BEFORE.get(word)
    if before or (tail and "가" <= word[:1] <= "힣" and _exact_number(word) is None and read_number(tail)):
        form = tail  # without the measured thing before the number
    form, half = _halves(form.replace("half-a-", "half a ").replace("^", ""))
    number = _number(form)
    if number is None:
        return None
    amount, name = number.value + half, form[number.end :].strip(" -")
    head, _, tail = name.partition(" ")
    if head in SCALES and (head not in UNITS or tail in UNITS) and tail:
        amount, name = amount * SCALES[head], tail
    unit = _unit(name)
    if before and before[0]:
        unit = before[0] if unit == "deg" or not name else None
    if unit is not None:
        return Value("quantity", number=amount, unit=unit + (before[1] if before else ""))
    return _compound(amount, name) or _in_braces(amount, name)


def _unit(text: str) -> str | None:
    """Return the UCUM code of a unit, also of a rate such as barrels a day; None for other text."""
    bare = _DIMENSION.sub("", text.removeprefix("of ").removeprefix("a ").removeprefix("an ")).rstrip(".")
    for name in (bare, bare.replace("-", " "), bare.replace(".", ""), bare.removesuffix("s"), _SUFFIX.sub("", bare)):
        if name in UNITS:
            return UNITS[name]
    if (match := _RATE.search(bare)) and (unit := UNITS.get(bare[: match.start()])):
        per = PERIODS.get(match[1]) or (UNITS.get(match[1]) if "/" in match.group() else None)
        return f"{unit}/{per}" if per else None
    return None


_DIMENSION = re.compile(
    r"(?:[ -](?:long|wide|tall|high|deep|thick|away|in (?:length|height|width)|apart|across)|(?<=\w) of .*)$"
)


def _compound(amount: Decimal, text: str) -> Value | None:
    """Parse "feet 2 inches" after the amount 6; return the quantity in the smaller unit, or None."""
    head, _, tail = text.replace(" and ", " ").replace(", ", " ").replace("-", " ").partition(" ")
    smaller, count = COMPOUNDS.get(UNITS.get(head, ""), ("", 0))
    number = read_number(tail)
    if not count or number is None or UNITS.get(tail[number.end :].strip(" ."), smaller) != smaller:
        return None
    return Value("quantity", number=amount * count + number.value, unit=smaller)


def _in_braces(amount: Decimal, text: str) -> Value | None:
    name = _APPROXIMATELY.sub("", text) or text
    if _NO_UNIT.search(name) or not _BRACED.fullmatch(name):
        return None
    return Value("quantity", number=amount, unit="{" + name + "}")


_NO_UNIT = re.compile(
    r"\b(?:to|or|and|by|x|few|several|many|below|above|hundreds?|thousands?|millions?|billions?)\b|^~"
)
