"""What an operator types: `consult`. One module for each sort of work, and what they share in `console`."""

import os
import sys

import structlog
from sqlalchemy.exc import DBAPIError

from app.cli import day, papers, rehearsal, staff, upkeep, verify
from app.cli.console import OPERATOR_MUST_CHANGE, advice_for, cli
from app.errors import OperatorError

__all__ = ["day", "main", "papers", "rehearsal", "staff", "upkeep", "verify"]


def main() -> None:
    """Runs the command line. Exit codes: 0 done, 1 not all done, 2 the operator must change something."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # The database, snapshots and backups are for this account alone.
    os.umask(0o077)
    try:
        cli()
    except OperatorError as fault:
        sys.stderr.write(f"consult: {fault}\n")
        sys.exit(OPERATOR_MUST_CHANGE)
    except (DBAPIError, OSError) as fault:
        reason = getattr(fault, "orig", None) or fault
        sys.stderr.write(f"consult: {advice_for(str(reason))}\n")
        sys.exit(OPERATOR_MUST_CHANGE)
