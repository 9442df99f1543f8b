"""Compiled kernels: arrays in, arrays out. Importing this package imports nothing heavy."""
