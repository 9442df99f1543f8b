"""How much city, land, people and production the water carries, and what stops it from carrying more.

>>> from waterbal.capacity.assessment import assess
>>> capacities = assess("scenarios/jinan/core.yaml")  # doctest: +SKIP
"""
