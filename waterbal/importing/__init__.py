"""Models of other programs, translated: only what is provably the same, everything else refused by name."""
