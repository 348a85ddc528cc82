"""Measurements: each figure beside a reference that was taken in the same run. Nothing here leaves this machine."""
