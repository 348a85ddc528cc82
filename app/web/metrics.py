"""What an operator's monitoring reads: counts of this process, never of a person, a consultation or an address."""

import hmac
from collections.abc import Callable
from ipaddress import ip_address

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from app.errors import NotFound


class Metrics:
    """The counters of one application. `waiting` tells how many submissions wait for their commit."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._sent = 0
        sent = Gauge("consult_submissions_sent", "Sends that were thanked, rounded down to 10", registry=self._registry)
        # To the last one it would be a clock of arrivals.
        sent.set_function(lambda: self._sent // 10 * 10)
        self.failures = Counter("consult_failures", "Failure pages shown", ["page"], registry=self._registry)
        gauge = Gauge("consult_inbox_waiting", "Submissions that wait for their commit", registry=self._registry)
        gauge.set_function(waiting)

    def count_send(self) -> None:
        """One more Send was thanked."""
        self._sent += 1

    def text(self) -> bytes:
        """All of them in the Prometheus text format."""
        return generate_latest(self._registry)


async def metrics(request: Request) -> Response:
    """The counters, for this machine itself or for whoever has the token. Raises NotFound for anybody else."""
    token: str = request.app.state.settings.metrics_token
    told = request.headers.get("authorization", "").encode()
    known = bool(token) and hmac.compare_digest(told, f"Bearer {token}".encode())
    if not known and (token or not _is_local(request)):
        raise NotFound
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _is_local(request: Request) -> bool:
    """Whether the line begins on this machine. What a proxy here hands on from elsewhere is not local."""
    if request.client is None or any(name in request.headers for name in ("x-forwarded-for", "forwarded", "via")):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
