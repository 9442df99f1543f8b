"""The smallest Raven model: a sub-basin without rain whose only water is a series that Raven reads itself."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "rvi": """:StartDate {first} 00:00:00
:Duration {days}
:TimeStep 1.0
:Method ORDERED_SERIES
:Routing ROUTE_NONE
:CatchmentRoute ROUTE_DUMP
:Evaporation PET_CONSTANT
:RainSnowFraction RAINSNOW_DINGMAN
:SoilModel SOIL_ONE_LAYER
:HydrologicProcesses
  :Precipitation PRECIP_RAVEN ATMOS_PRECIP MULTIPLE
:EndHydrologicProcesses
""",
    "rvh": """:SubBasins
  :Attributes NAME DOWNSTREAM_ID PROFILE REACH_LENGTH GAUGED
  :Units none none none km none
  1 town -1 NONE 0.0 1
:EndSubBasins
:HRUs
  :Attributes AREA ELEVATION LATITUDE LONGITUDE BASIN_ID LAND_USE_CLASS VEG_CLASS SOIL_PROFILE AQUIFER_PROFILE \
TERRAIN_CLASS SLOPE ASPECT
  :Units km2 m deg deg none none none none none none deg deg
  1 1.0 20 36.7 117.0 1 OPEN NONE SOIL [NONE] [NONE] 0 0
:EndHRUs
""",
    "rvp": """:SoilClasses
  :Attributes
  :Units
  TOP
:EndSoilClasses
:SoilProfiles
  SOIL 1 TOP 1.0
:EndSoilProfiles
:VegetationClasses
  :Attributes MAX_HT MAX_LAI MAX_LEAF_COND
  :Units m none mm_per_s
  NONE 0 0 0
:EndVegetationClasses
:LandUseClasses
  :Attributes IMPERM FOREST_COV
  :Units frac frac
  OPEN 0 0
:EndLandUseClasses
""",
    "rvc": "",
    "rvt": """:Gauge g
  :Latitude 36.7
  :Longitude 117.0
  :Elevation 20
  :Data PRECIP mm/d
    {first} 00:00:00 1.0 {days}
{zeros}
  :EndData
  :Data TEMP_AVE C
    {first} 00:00:00 1.0 {days}
{zeros}
  :EndData
:EndGauge
:BasinInflowHydrograph2 1
  :ReadFromNetCDF
    :FileNameNC {file}
    :VarNameNC {variable}
    :DimNamesNC station time
    :StationIdx {station}
  :EndReadFromNetCDF
:EndBasinInflowHydrograph2
""",
}


def write(folder: Path, file: Path, variable: str, station: int, first: str, days: int) -> Path:
    """Write the model; give its name without ending."""
    zeros = "\n".join("    0.0" for _ in range(days))
    for ending, text in FILES.items():
        told = text.format(first=first, days=days, zeros=zeros, file=file, variable=variable, station=station)
        (folder / f"model.{ending}").write_text(told, encoding="utf-8")
    return folder / "model"
