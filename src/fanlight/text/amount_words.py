"""Words of the rules for amounts (`text.amounts`) as bits: units, scales, fractions and numbers in words."""

from __future__ import annotations

from fanlight.text.span_words import PARTICLES

(
    SYMBOL, CLOCK_SYMBOL, BASIS_POINT, DENOMINATOR, BASIS, POINT, MERIDIEM, MEASURE, CLOCK_UNIT, DAY_UNIT, PERCENT, PER,
    CENT, SCALE, CURRENCY, HOUR, NUMBER, HALF, QUARTER, PAST, TO, AND, OF, ARTICLE, JOINT, BETWEEN, PREFIX, MINUTE,
    SQUARE, LENGTHS, FOOT, INCH, ERA, SEASON, FISCAL, PART_OF_YEAR, SHARE, PARTICLE, LETTER_SYMBOL, LONE_HOUR, SPENT,
    MIDDLE, COUNTED_DAY, TENS, VAGUE, SCHOOL_YEAR, LARGE,
) = (1 << i for i in range(47))  # fmt: skip
LENGTH = 47  # the bit from which on a Korean unit has its length without particles
SIGNS = "$£¥₩€₹₽₺₫฿"  # currency signs before amounts
HOURS = "one two three four five six seven eight nine ten eleven twelve"

_KOREAN_UNITS = (
    """기가바이트 메가바이트 테라바이트 킬로바이트 킬로와트 메가와트 기가와트 킬로와트시 헥토파스칼 인분 광년"""
)
_WORDS = {
    SYMBOL: """km cm mm nm µm μm kg mg mcg µg μg km² m² cm² mm² m³ cm³ kmh kph mph rpm bpm psi ppm ppb kcal kj kw
        kwh mwh gwh twh gw ghz mhz khz hz kb mb gb tb mbps gbps kbps kpa hpa mmhg mbar mmol nmol kev mev gev mah °C
        °F °c °f ℃ ℉ ㎞ ㎝ ㎜ ㎏ ㎎ ㎍ ㎡ ㎢ ㎥ ㎖""",
    CLOCK_SYMBOL: "ms ns µs μs h hr hrs min mins sec secs",
    LETTER_SYMBOL: "g c",  # as in 200 g, 180C and 38.5 C, but not in 5 g
    BASIS_POINT: "bp bps",
    DENOMINATOR: "g s sec min h hr d day kg l dl ml m km m² m³ ㎥",
    BASIS: "basis",
    POINT: "point points",
    MERIDIEM: "am pm",
    MEASURE: """mile kilometer kilometre meter metre centimeter centimetre inch foot yard acre hectare pound ounce gram
        kilogram kilo ton tonne liter litre gallon pint quart cup teaspoon tablespoon degree miles kilometers kilometres
        meters metres inches feet yards acres hectares pounds ounces grams kilograms kilos tons tonnes liters litres
        gallons pints quarts cups teaspoons tablespoons degrees""",
    CLOCK_UNIT: "second minute hour seconds minutes hours",
    DAY_UNIT: "day week month year decade century days weeks months years decades centuries",
    PERCENT: "percent pct",
    PER: "per",
    CENT: "cent",
    SCALE: "k m mm mn mln b bn bln tn trn hundred thousand million billion trillion lakh crore",
    CURRENCY: "dollar dollars euro euros pound pounds yen won yuan rupees francs",
    HOUR: HOURS,
    NUMBER: HOURS + """ thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty
        seventy eighty ninety hundred thousand million billion""",
    HALF: "half",
    QUARTER: "quarter quarters",
    PAST: "past",
    TO: "to",
    AND: "and",
    OF: "of",
    ARTICLE: "a an one",
    JOINT: "to or",
    BETWEEN: "between",
    PREFIX: "minus 시속 초속 분속 섭씨 화씨 영하 영상 기원전",  # included in the amount
    MINUTE: "m min mins",
    SQUARE: "sq cu square cubic",
    LENGTHS: "ft feet foot m km cm mi mile miles in inches yd yards metres meters kilometres kilometers",
    FOOT: "ft foot feet",
    INCH: "in inch inches",
    ERA: "bc bce",
    SEASON: "spring summer autumn fall winter",
    FISCAL: "fy",
    PART_OF_YEAR: "q h",
    SHARE: "분의",
    PARTICLE: " ".join(PARTICLES),
    LONE_HOUR: "hour",
    SPENT: """for in within after about around nearly almost over under than took takes take taken taking last lasts
        lasted spend spends spent spending wait waits waited waiting need needs needed""",  # an hour
    MIDDLE: "mid",
    LARGE: "million billion trillion",
    COUNTED_DAY: "business calendar working consecutive",
    TENS: "열 스물 서른 마흔 쉰 예순 일흔 여든 아흔",
    VAGUE: "수 몇",
}  # fmt: skip


def _bits_of_words() -> dict[str, int]:
    bits: dict[str, int] = {}
    for bit, words in _WORDS.items():
        for word in words.split():
            bits[word] = bits.get(word, 0) | bit
    for unit in _KOREAN_UNITS.split():
        bits |= {unit + particle: SYMBOL | len(unit) << LENGTH for particle in PARTICLES}
    for unit in ("학년도", "회계연도"):
        bits |= {unit + particle: SCHOOL_YEAR | len(unit) << LENGTH for particle in PARTICLES}
    return bits


WORDS = _bits_of_words()


def bits_of(word: str) -> int:
    """Return the bits of a word in the table `WORDS`, ignoring ASCII case if the word begins with ASCII."""
    return WORDS.get(_lower(word) if word[:1] < "\x80" else word, 0)


def _lower(word: str) -> str:
    return word.lower() if word.isascii() else "".join(c.lower() if c < "\x80" else c for c in word)
