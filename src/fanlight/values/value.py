"""Values: what the text of an entity means, as numbers, ISO 8601 and units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Value:
    """What an entity means.

    Attributes
    ----------
    kind : str
        "date", "time", "duration", "money", "percent" or "quantity".
    iso : str or None
        Of a date, time or duration, in ISO 8601, as far as the text says it: "2020-03-03", "2020-03", "2020", "T17:00",
        "2020-03-03T17:00", "P3D", "2019/2021". What ISO 8601 lacks is written as in TIMEX3 (ISO 24617-1): "XXXX-03-03"
        for a day of any year, "XXXX-WXX-1" for any Monday, "2020-W12-WE" for a weekend, "199" for a decade, "18"
        for the 19th century, "BC0044", "2020-H1" and "2020-Q3" for parts of a year, "2020-SU" for a summer, "TMO",
        "TAF", "TEV" and "TNI" for the parts of a day.
    number : Decimal or None
        The amount of money, the per cent or the quantity.
    upper : Decimal or None
        Of a range, its greatest number, where `number` is the least; dates, times and durations have "begin/end".
    unit : str or None
        Of money, the currency by ISO 4217; of a quantity, the unit by UCUM, where one that it lacks stands in braces.
    """

    kind: str
    iso: str | None = None
    number: Decimal | None = None
    unit: str | None = None
    upper: Decimal | None = None

    def to_dict(self) -> dict[str, str | float | int]:
        """Return what is not None, numbers as int or float, as JSON has them.

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
        """Show it in a word or two: an ISO date, or a number with its unit."""
        if self.iso is not None:
            return self.iso
        fields = self.to_dict()
        number = f"{fields['number']}-{fields['upper']}" if self.upper is not None else fields["number"]
        return f"{number} %" if self.kind == "percent" else f"{number} {self.unit or ''}".rstrip()
