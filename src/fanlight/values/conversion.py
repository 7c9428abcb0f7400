"""Conversion of units by pint (the extra "units")."""

from __future__ import annotations

from functools import cache
from typing import Any

from fanlight.libraries import library

_NAMES = {  # pint's names of units whose UCUM codes it does not know
    "[mi_i]": "mile", "[ft_i]": "foot", "[in_i]": "inch", "[yd_i]": "yard", "[nmi_i]": "nautical_mile",
    "[ly]": "light_year", "t": "metric_ton", "[lb_av]": "pound", "[oz_av]": "ounce", "[oz_tr]": "troy_ounce",
    "[stone_av]": "stone", "[car_m]": "carat", "[gal_us]": "gallon", "[pt_us]": "pint", "[qt_us]": "quart",
    "[foz_us]": "fluid_ounce",
    "[bbl_us]": "oil_barrel", "[tbs_us]": "tablespoon", "[tsp_us]": "teaspoon", "[cup_us]": "cup",
    "[bu_us]": "bushel", "har": "hectare", "[acr_us]": "acre", "km2": "km**2", "m2": "m**2", "cm2": "cm**2",
    "mm2": "mm**2", "m3": "m**3", "cm3": "cm**3", "[smi_us]": "mile**2", "[sft_i]": "foot**2", "[cft_i]": "foot**3",
    "[sin_i]": "inch**2", "[syd_i]": "yard**2", "[cin_i]": "inch**3", "[cyd_i]": "yard**3", "m/s2": "m/s**2",
    "[ppm]": "ppm", "[psi]": "psi", "mm[Hg]": "mmHg", "Ohm": "ohm", "PBy": "petabyte", "KiBy": "kibibyte",
    "MiBy": "mebibyte", "GiBy": "gibibyte", "TiBy": "tebibyte", "": "1",
    "[kn_i]": "knot", "Cel": "degC", "[degF]": "degF", "K": "kelvin",
    "kW.h": "kW*hour", "MW.h": "MW*hour", "GW.h": "GW*hour", "[hp_british]": "horsepower", "By": "byte",
    "kBy": "kilobyte", "MBy": "megabyte", "GBy": "gigabyte", "TBy": "terabyte", "a": "year",
    "{평}": "400/121*m**2", "{근}": "0.6*kg", "{돈}": "3.75*g",
}  # fmt: skip


def convert(number: float, unit: str, other: str) -> float | None:
    """Convert an amount of a unit to another unit; return None if the units are not convertible.

    Parameters
    ----------
    number : float
    unit, other : str
        Units as in `Value.unit`.

    Raises
    ------
    LibraryError
        The units differ, and pint is not installed.

    Examples
    --------
    >>> convert(5.0, "km", "m"), convert(5.0, "km", "kg"), convert(3.0, "{이닝}", "{이닝}"), convert(60.0, "/min", "/s")
    (5000.0, None, 3.0, 1.0)
    """
    if unit == other:
        return number
    names = [_NAMES.get(code) or "/".join(_NAMES.get(part, part) for part in code.split("/")) for code in (unit, other)]
    if any("{" in name for name in names):
        return None
    pint, registry = library("pint"), _registry()
    try:
        scale = [registry.parse_expression(name) for name in names]
        if names[0] in _OFFSET or names[1] in _OFFSET:
            return float(registry.Quantity(number, names[0]).to(names[1]).magnitude)
        return float((number * scale[0] / scale[1]).to("").magnitude)
    except (pint.PintError, ValueError):  # such as for degrees and 평, whose name has a factor
        return None


_OFFSET = ("degC", "degF", "kelvin")


@cache
def _registry() -> Any:
    return library("pint").UnitRegistry(cache_folder=None)
