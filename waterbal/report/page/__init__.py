"""The report as one HTML page."""

from waterbal.report.page.page import build

__all__ = ["build"]
