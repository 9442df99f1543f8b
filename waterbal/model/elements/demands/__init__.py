"""Demands, one file each."""
