"""Factors between the units that cities measure in, by their UCUM codes.

References
----------
Unified Code for Units of Measure, version 2.2 (ucum.org).
"""

_UNITS: dict[str, dict[str, float]] = {
    "density": {"g/m3": 1.0, "mg/m3": 1e-3, "ug/m3": 1e-6},
    "length": {"m": 1.0, "km": 1e3, "cm": 1e-2, "mm": 1e-3, "[mi_i]": 1609.344, "[ft_i]": 0.3048},
    "area": {"m2": 1.0, "km2": 1e6, "ha": 1e4, "har": 1e4},
    "volume": {"m3": 1.0, "l": 1e-3, "L": 1e-3, "ml": 1e-6},
    "mass": {"kg": 1.0, "g": 1e-3, "mg": 1e-6, "t": 1e3},
    "time": {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86_400.0},
    "speed": {"m/s": 1.0, "km/h": 1 / 3.6, "[mi_i]/h": 0.44704},
    "power": {"W": 1.0, "kW": 1e3, "MW": 1e6, "GW": 1e9},
    "energy": {"kWh": 1.0, "Wh": 1e-3, "MWh": 1e3, "GWh": 1e6, "MJ": 1 / 3.6, "GJ": 1e3 / 3.6},
    "ratio": {"%": 1e-2, "1": 1.0, "[ppth]": 1e-3},
    "pressure": {"Pa": 1.0, "hPa": 1e2, "kPa": 1e3, "bar": 1e5, "mbar": 1e2},
}
"""What is measured → unit → how much of the first unit it is."""


def factor(unit: str, to: str) -> float | None:
    """What a number in `unit` is multiplied by to be one in `to`; None where that cannot be.

    Degrees Celsius and money have no factor but to themselves.

    Examples
    --------
    >>> factor("mg/m3", "ug/m3")
    1000.0
    >>> factor("EUR", "CHF") is None
    True
    """
    if unit == to:
        return 1.0
    for units in _UNITS.values():
        if unit in units and to in units:
            return float(f"{units[unit] / units[to]:.12g}")
    return None
