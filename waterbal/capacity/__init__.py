"""How much city, land, people and production the water carries, and what stops it from carrying more."""
