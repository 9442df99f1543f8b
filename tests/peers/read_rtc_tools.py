"""Read a NetCDF file as RTC-Tools does, by its own importer: ``FILE.nc VARIABLE OUT.npz``."""

import os
import sys

import numpy as np
from rtctools.data.netcdf import ImportDataset

path, variable, out = sys.argv[1:]
folder, name = os.path.split(path)
found = ImportDataset(folder, name.removesuffix(".nc"))
assert variable in found.find_timeseries_variables()
stations = list(found.read_station_data().station_ids)
values = [
    [found.read_timeseries_values(place, variable, member) for place in range(len(stations))]
    for member in range(found.ensemble_size)
]
times = np.array([np.datetime64(time, "s") for time in found.read_import_times()])
np.savez(out, values=np.array(values), stations=np.array(stations), times=times)
