"""From arrays of a simulation to a checked, described and stored result."""
