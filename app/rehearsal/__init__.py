"""Simulated respondents who answer through the real pages, as a browser without script would.

They know no questionnaire: everything they do they read from the pages. Two names are known beforehand, those of the
start page: `DM01`, the age band, and `agree`.
"""

from app.rehearsal.run import Outcome, rehearse, says_sample

__all__ = ["Outcome", "rehearse", "says_sample"]
