"""Formats of other programs: their instances become scenarios, and runs become their files."""
