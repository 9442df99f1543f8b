"""Drivers and norms to needs: the lowered form of a model."""
