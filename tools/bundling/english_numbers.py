r"""The grammar of English dates, times, money, per cents and measures, which silver labels are made with.

The expressions match what can be told from the words alone, without modifiers ("about", "more than"), as ieer-en marks
it. A bare count is none of these. Durations are dates from a day on, and times below. What only the context tells
("May", "fall", four digits that may be a year, "pounds") stands apart in `AMBIGUOUS`. The expressions run on our own
data, once; the package has none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


def _any(words: str, *patterns: str) -> str:
    return "(?:" + "|".join([*words.split(), *patterns]) + ")"


# --- English -----------------------------------------------------------------------------------------------------

_ONES = _any("one two three four five six seven eight nine")
_TEENS = _any("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
_TENS = _any("twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = _any("hundred thousand million billion trillion")
_WORD = rf"(?:{_TENS}(?:[ -]{_ONES})?|{_TEENS}|{_ONES})"
_WORDS = (
    rf"(?:(?:{_WORD}|a|several|a few|few)(?: (?:{_SCALES})(?:(?: and)? {_WORD})?){{1,3}}|{_WORD}|several|few|half a|"
    rf"(?:half a|a|{_WORD}) dozen)"
)
_DIGITS = r"\d+(?:,\d\d\d)*(?:\.\d+)?"
_FRACTION = r"(?:\d+[ -])?\d/\d|\d*[½¼¾⅓⅔]"
_NUMBER = rf"(?:{_FRACTION}|{_DIGITS})"
_SCALED = rf"{_NUMBER}(?:[ -]?(?:hundred|thousand|million|billion|trillion|mln|bln|mn|bn|m|k))?"
_AMOUNT = rf"(?:{_SCALED}|{_WORDS})"
_HALF = r"(?:[ -]and[ -]a[ -]half|[ -]and[ -]a[ -]quarter)?"

_MONTHS = _any(
    "January February March April May June July August September October November December",
    *(rf"{name}\.?" for name in ["Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sept", "Sep", "Oct", "Nov", "Dec"]),
    *(
        name.upper()
        for name in [
            "January",
            "February",
            "April",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ]
    ),
)
_CLEAR_MONTHS = _any(
    "January February April June July August September October November December "
    "JANUARY FEBRUARY APRIL JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER"
)
_DAYS = _any(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY",
    *(rf"{name}\." for name in ["Mon", "Tue", "Tues", "Wed", "Thu", "Thur", "Thurs", "Fri", "Sat", "Sun"]),
)
_DAY = r"(?:[0-3]?\d(?:st|nd|rd|th)?)"
_YEAR = r"(?:1[0-9]\d\d|20\d\d)"
_ERA = r"(?: ?(?:B\.C\.E\.|B\.C\.|BCE|BC|A\.D\.|AD|CE))"
_ORDINAL = (
    r"(?:\d\d?(?:st|nd|rd|th)|(?:[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ff]ifth|[Ss]ixth|[Ss]eventh|[Ee]ighth|[Nn]inth|"
    r"[Tt]enth|[Ee]leventh|[Tt]welfth|[Tt]hirteenth|[Ff]ourteenth|[Ff]ifteenth|[Ss]ixteenth|[Ss]eventeenth|"
    r"[Ee]ighteenth|[Nn]ineteenth|[Tt]wentieth|[Tt]wenty-first))"
)
_MONTH_DATE = (
    rf"{_MONTHS} {_DAY}(?: ?[-–] ?{_DAY})?(?:,? (?:of )?{_YEAR})?|(?:the )?{_DAY}(?: of)? {_MONTHS}(?:,? {_YEAR})?|"
    rf"{_MONTHS},? {_YEAR}"
)
_LONG_UNITS = r"(?:days?|weeks?|months?|years?|decades?|centur(?:y|ies)|fortnights?|yrs?|weekends?)"
_SHORT_UNITS = r"(?:hours?|hrs?\.?|minutes?|mins?\.?|seconds?|secs?\.?)"
_ZONE = r"(?:[ ]?(?:[ECMP][SD]?T|GMT|UTC|CET|BST|local time))"
_MERIDIEM = r"(?:[ ]?(?:[ap]\.m\.|[ap]m|[AP]\.M\.|[AP]M))"
_CLOCK = r"(?:[012]?\d:[0-5]\d(?::[0-5]\d)?)"

_CURRENCIES = (
    r"(?:(?:U\.?S\.?|Canadian|Australian|Hong Kong|New Zealand|Singapore)[ ])?"
    r"(?:[Dd]ollars?|[Cc]ents?|[Ee]uros?|yen|yuan|won|rupees?|rubles?|roubles?|pesos?|francs?|marks?|lire|lira|krona|kroner|"
    r"pounds? sterling|pence|bucks|dlrs?|stg|mln dlrs|bln dlrs|USD|EUR|GBP|JPY|KRW|CHF|CNY|INR)"
)
_SIGN = r"(?:(?:US|A|C|NZ|HK|S|U\.S\. ?)?\$|[£€¥₩₹]|(?:USD|EUR|GBP|JPY|KRW|CHF|CNY|INR|Rs\.?|dlrs)[ ])"
_LENGTHS = (
    r"(?:kilo|centi|milli|nano|deci)?met(?:er|re)s?|km|cm|mm|nm|miles?|yards?|yds?|feet|foot|ft|inch(?:es)?|fathoms?|"
    r"furlongs?|light[- ]years?|stor(?:y|ey|ies|eys)"
)
_AREAS = rf"(?:square|sq\.?|cubic|cu\.?|nautical)[ -](?:{_LENGTHS})|acres?|hectares?|(?:km|cm|mm|m)[²³]"
_WEIGHTS = r"tonnes?|tons?|(?:kilo|milli|micro)?grams?|kilos?|kg|mg|ounces?|oz|lbs?|carats?|bushels?"
_VOLUMES = (
    r"(?:milli|centi)?lit(?:er|re)s?|ml|gallons?|barrels?|pints?|quarts?|cups?|tablespoons?|teaspoons?|tbsps?|tsps?"
)
_OTHERS = (
    r"degrees?(?: (?:Celsius|Fahrenheit|centigrade))?|°[ ]?[CF]?|(?:kilo|mega|giga)?watts?|(?:kilo|mega)?watt[- ]hours?"
    r"|[kMG]Wh?|volts?|amps?|(?:kilo|mega|giga)?hertz|[kMG]?Hz|(?:kilo|mega|giga|tera)bytes?|[kKMGT]B|[kMG]bps"
    r"|calories|kcal|(?:kilo)?joules?|mph|km/h|kph|knots|miles (?:per|an) hour|kilomet(?:er|re)s (?:per|an) hour"
    r"|horsepower|decibels"
)
_UNITS = rf"(?:{_AREAS}|{_OTHERS}|{_LENGTHS}|{_WEIGHTS}|{_VOLUMES})"

_ENGLISH = {
    "DATE": (
        rf"\b(?:{_DAYS},? )?(?:{_MONTH_DATE})\b",
        rf"\b{_DAYS}\b|\b{_CLEAR_MONTHS}\b",
        r"\b\d\d\d\d-[01]?\d-[0-3]?\d(?:T[0-2]\d:?[0-5]\d(?::?[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b",
        r"\b\d\d?/\d\d?/(?:\d\d)?\d\d\b|\b\d\d?\.\d\d?\.(?:19|20)\d\d\b|\b(?:19|20)\d\d[./][01]?\d[./][0-3]?\d\b",
        rf"\b{_YEAR}s\b|'\d0s\b|\b(?:1[0-9]|20)\d0['’]s\b|\b\d+{_ERA}",
        rf"\b{_ORDINAL}[ -]century\b|\b(?:[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ll]ast) (?:quarter|half) of {_YEAR}\b",
        rf"\bQ[1-4] {_YEAR}\b|\bFY ?{_YEAR}\b",
        rf"\b(?i:{_AMOUNT}){_HALF}[ -]{_LONG_UNITS}\b(?![- ]old)"
        rf"(?:,? (?:and )?(?i:{_AMOUNT})[ -](?:{_LONG_UNITS}|{_SHORT_UNITS})\b)*",
    ),
    "TIME": (
        rf"\b{_CLOCK}{_MERIDIEM}?{_ZONE}?|\b[01]?\d{_MERIDIEM}{_ZONE}?|\b[012]?\d o['’]clock\b"
        rf"|\b[0-2]\d[0-5]\d{_ZONE}\b",
        rf"\b(?i:{_WORD}) o['’]clock\b|\b[Mm]idnight\b|\b[Nn]oon\b|\b[Ss]un(?:down|set|rise)\b",
        r"\b\d?\d:\d\d(?::\d\d)?\.\d+\b",
        rf"\b(?i:{_AMOUNT}){_HALF}[ -]{_SHORT_UNITS}(?:,? (?:and )?(?i:{_AMOUNT})[ -]{_SHORT_UNITS})*",
    ),
    "MONEY": (
        rf"{_SIGN}[ ]?{_NUMBER}(?:[ -]?(?:hundred|thousand|million|billion|trillion|mln|bln|mn|bn|m|b|k|M|B|K))?"
        r"(?:[ -](?:hundred|thousand|million|billion|trillion))?(?: (?:dollars|U\.S\.))?",
        rf"\b(?i:{_AMOUNT})[ -]{_CURRENCIES}\b",
    ),
    "PERCENT": (rf"\b(?i:{_AMOUNT})(?:[ -](?:per ?cent|pct|percentage points?)\b|[ ]?[%％‰])",),
    "QUANTITY": (rf"\b(?i:{_AMOUNT}){_HALF}[ -]?(?:{_UNITS})\b", r"\b\d+(?:\.\d+)?[ ]?°[CF]?"),
}
_AMBIGUOUS = {
    "DATE": (
        rf"\b{_YEAR}(?:[-–](?:\d\d)?\d\d)?\b",
        r"\b(?:May|March|MAY|MARCH|[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all|[Ww]inter|Christmas|Easter|Thanksgiving|Ramadan)\b",
        r"'\d\d\b",
    ),
    "QUANTITY": (rf"\b(?i:{_AMOUNT})[ -]?(?:pounds?|m|g|l|L|W|V|K|grains?|knots|stones?)\b",),
}
_DEICTIC = {
    "DATE": (
        r"\b(?:[Tt]oday|[Yy]esterday|[Tt]omorrow|TODAY|YESTERDAY|TOMORROW)\b",
        r"\b(?:[Ll]ast|[Nn]ext|[Tt]his) (?:week|weekend|month|year|quarter|decade|century)\b",
    ),
    "TIME": (r"\b[Tt]onight\b|\b(?:[Ll]ast|[Tt]his) (?:night|morning|afternoon|evening)\b",),
}
Match = tuple[int, int, str]


class Grammar:
    """Expressions by type, of which the longest match wins."""

    def __init__(self, *tables: dict[str, tuple[str, ...]]) -> None:
        self._expressions = [(re.compile(e), type_) for table in tables for type_, es in table.items() for e in es]

    def matches(self, text: str) -> list[Match]:
        """Return start, end and type of what is matched; of overlapping matches the longest, then the earliest."""
        matches = [(*m.span(), type_) for expression, type_ in self._expressions for m in expression.finditer(text)]
        matches.sort(key=lambda match: (match[0] - match[1], match[0]))
        return sorted(_without_overlaps(matches))


def _without_overlaps(matches: list[Match]) -> Iterator[Match]:
    taken: list[Match] = []
    for match in matches:
        if all(match[1] <= start or end <= match[0] for start, end, _ in taken):
            taken.append(match)
            yield match


CLEAR, AMBIGUOUS, DEICTIC = Grammar(_ENGLISH), Grammar(_AMBIGUOUS), Grammar(_DEICTIC)
