"""Broken inputs: a valid model, and the table of edits that each break it in one way."""
