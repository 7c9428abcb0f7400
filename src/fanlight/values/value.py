"""Values of entities as numbers, ISO 8601 and units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an entity.

    Attributes
    ----------
    kind : str
        "date", "time", "duration", "money", "percent" or "quantity".
    iso : str or None
        A date, time or duration in ISO 8601, with the precision of the text: "2020-03-03", "2020-03", "2020", "T17:00",
        "2020-03-03T17:00", "P3D", "2019/2021". Values without ISO 8601 notation follow TIMEX3 (ISO 24617-1):
        "XXXX-03-03" for a day of any year, "XXXX-WXX-1" for any Monday, "2020-W12-WE" for a weekend, "199" for a
        decade, "18" for the 19th century, "BC0044", "2020-H1" and "2020-Q3" for parts of a year, "2020-SU" for a
        summer, "TMO", "TAF", "TEV" and "TNI" for the parts of a day.
    number : Decimal or None
        The amount of money, per cent or quantity; of a range the least.
    upper : Decimal or None
        The greatest number of a range; ranges of dates, times and durations are "begin/end" in `iso`.
    unit : str or None
        The ISO 4217 code of a currency, or the UCUM code of a unit; units without a code are in braces.
    """

    kind: str
    iso: str | None = None
    number: Decimal | None = None
    unit: str | None = None
    upper: Decimal | None = None

    def to_dict(self) -> dict[str, str | float | int]:
        """Return the attributes that are not None, with numbers as int or float, for JSON.

        Examples
        --------
        >>> Value("money", number=Decimal("3.5e9"), unit="USD").to_dict()
        {'kind': 'money', 'number': 3500000000, 'unit': 'USD'}
        """
        row: dict[str, str | float | int] = {"kind": self.kind}
        if self.iso is not None:
            row["iso"] = self.iso
        for name, number in (("number", self.number), ("upper", self.upper)):
            if number is not None:
                row[name] = int(number) if number == number.to_integral_value() else float(number)
        if self.unit is not None:
            row["unit"] = self.unit
        return row

    def __str__(self) -> str:
        """Return the ISO value, or the number with its unit."""
        if self.iso is not None:
            return self.iso
        fields = self.to_dict()
        number = f"{fields['number']}-{fields['upper']}" if self.upper is not None else fields["number"]
        return f"{number} %" if self.kind == "percent" else f"{number} {self.unit or ''}".rstrip()
