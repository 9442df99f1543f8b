"""Field types of elements: a number with a dimension, bounds and the forms that make sense for it."""

from __future__ import annotations

from typing import Annotated

from waterbal.model.values import Number, Quantity

_TYPED = ("value", "by_year", "by_month")
_YEARLY = ("value", "by_year")

Rate = Annotated[Number, Quantity("rate", forms=_TYPED)]
"""[1e4 m3/d], constant, by year or by month."""
YearRate = Annotated[Number, Quantity("rate", forms=_YEARLY)]
"""[1e4 m3/d], constant or by year."""
Flow = Annotated[Number, Quantity("rate", kinds=("rate", "volume"))]
"""[1e4 m3/d], also from a series of rates or of volumes per step."""
AnnualVolume = Annotated[Number, Quantity("volume_per_year", forms=_YEARLY)]
"""[1e4 m3/yr]"""
Volume = Annotated[Number, Quantity("volume", forms=("value",))]
"""[1e4 m3]"""
MonthlyVolume = Annotated[Number, Quantity("volume", forms=("value", "by_month"))]
"""[1e4 m3], constant or by month."""
Area = Annotated[Number, Quantity("area", forms=_YEARLY)]
"""[km2]"""
FixedArea = Annotated[Number, Quantity("area", forms=("value",))]
"""[km2]"""
EventDepth = Annotated[Number, Quantity("depth", forms=("value",))]
"""[mm] of one event."""
MonthDepth = Annotated[Number, Quantity("depth", forms=("by_month",))]
"""[mm] in each calendar month, twelve values."""
DepthRate = Annotated[Number, Quantity("depth_rate", forms=_TYPED)]
"""[mm/d]"""
Weather = Annotated[Number, Quantity("depth_rate", kinds=("depth",), bare_series=True)]
"""[mm/d], or a series of depths per step [mm]."""
AnnualDepth = Annotated[Number, Quantity("depth_per_year", forms=_YEARLY)]
"""[mm/yr]"""
Length = Annotated[Number, Quantity("length", forms=("value",))]
"""[m]"""
People = Annotated[Number, Quantity("people", forms=_YEARLY)]
"""[1e4 person]"""
PerPerson = Annotated[Number, Quantity("per_person", forms=_YEARLY)]
"""[L/(person d)]"""
ValueAdded = Annotated[Number, Quantity("value_added", forms=_YEARLY)]
"""[1e8 yuan]"""
Intensity = Annotated[Number, Quantity("intensity", forms=_YEARLY)]
"""[m3/1e4 yuan]"""
FixedIntensity = Annotated[Number, Quantity("intensity", forms=("value",))]
"""[m3/1e4 yuan]"""
Price = Annotated[Number, Quantity("price", forms=("value",))]
"""[yuan/m3]"""
AnnualMoney = Annotated[Number, Quantity("money_per_year", forms=("value",))]
"""[1e4 yuan/yr]"""
Energy = Annotated[Number, Quantity("energy", forms=("value",))]
"""[kWh/m3]"""
Share = Annotated[Number, Quantity("fraction", high=1.0, forms=_TYPED)]
"""[-] from 0 to 1."""
YearShare = Annotated[Number, Quantity("fraction", high=1.0, forms=_YEARLY)]
"""[-] from 0 to 1, constant or by year."""
FixedShare = Annotated[Number, Quantity("fraction", high=1.0, forms=("value",))]
"""[-] from 0 to 1, constant."""
Efficiency = Annotated[Number, Quantity("fraction", high=1.0, above=True, forms=_YEARLY)]
"""[-] above 0, at most 1."""
LossShare = Annotated[Number, Quantity("fraction", high=0.95, forms=_YEARLY)]
"""[-] share of system input that is lost, below 1."""
MonthShares = Annotated[Number, Quantity("fraction", high=1.0, forms=("by_month",), total=1.0)]
"""[-] twelve shares of a year that add up to 1."""
Profile = Annotated[Number, Quantity("fraction", forms=("by_month",), some=True)]
"""[-] twelve relative rates; only their ratios matter."""
Factor = Annotated[Number, Quantity("fraction", kinds=("factor",))]
"""[-] from 0, any form."""
FixedFactor = Annotated[Number, Quantity("fraction", above=True, forms=("value",))]
"""[-] above 0, constant."""
YearFactor = Annotated[Number, Quantity("fraction", forms=_YEARLY)]
"""[-] from 0, constant or by year."""
PeakFactor = Annotated[Number, Quantity("fraction", low=1.0, forms=("value",))]
"""[-] largest day over mean day (日变化系数), at least 1."""
