"""Drills: what must hold when things go wrong on purpose."""
