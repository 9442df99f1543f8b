"""Scenarios: axes of validated changes to a model, sampled uncertainty, and the batches that run them."""
