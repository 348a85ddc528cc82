"""Servers to measure, started as an operator starts them, and a consultation in their database."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import wall_clock
from app.consultations import service as consultations
from app.db import create_engine
from app.questionnaire import service as questionnaires
from app.questionnaire.xlsform import read_xlsform
from app.serving import LOOPBACK, free_port
from app.settings import derive_key
from app.submissions.cookie import Sealer
from app.submissions.receipts import ReceiptKeys

ROOT = Path(__file__).parents[1]
INSTRUMENT = ROOT / "app" / "questionnaire" / "instruments" / "cyberbullying.xlsx"
SLUG = "cyberbullying"
START_SECONDS = 60
STOP_SECONDS = 20


class NotStarted(RuntimeError):
    """The server did not come up; the message is what it said."""


async def open_consultation(database_url: str) -> int:
    """The cyberbullying questionnaire is open today in this database. Gives the consultation's id."""
    imported = read_xlsform(INSTRUMENT.read_bytes(), INSTRUMENT.name)
    if imported.document is None:
        raise NotStarted("\n".join(fault.sentence() for fault in imported.faults))
    engine = create_engine(database_url)
    now = wall_clock()
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            consultation = await consultations.create(
                session,
                slug=SLUG,
                topic=dict(imported.document.title),
                summary=dict(imported.document.summary),
                # Tomorrow's, so that no run ends with the day.
                day=(now + timedelta(days=1)).date(),
                window="world",
                sample=True,
            )
            await questionnaires.attach(session, consultation, imported.document)
            consultations.open_now(consultation, now)
            await session.commit()
            return consultation.id
    finally:
        await engine.dispose()


@dataclass
class Service:
    """`consult serve` on a free port of the loopback address, with a secret of its own."""

    folder: Path
    database_url: str
    workers: int = 1
    port: int = field(default_factory=free_port)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    settings: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def sealer(self) -> Sealer:
        """Seals journeys that this service takes for its own."""
        return Sealer(derive_key(self.secret.encode(), "journey cookie"))

    @property
    def receipt_keys(self) -> ReceiptKeys:
        return ReceiptKeys(
            derive_key(self.secret.encode(), "receipt code"), derive_key(self.secret.encode(), "receipt hash")
        )

    @property
    def log(self) -> Path:
        return self.folder / f"service-{self.port}.log"

    def start(self) -> None:
        """The service answers. Raises NotStarted with what it said."""
        command = [
            sys.executable, "-c", "from app.cli import main; main()",
            "serve", "--host", LOOPBACK, "--port", str(self.port), "--workers", str(self.workers),
        ]  # fmt: skip
        environment = (
            os.environ
            | self.settings
            | {
                "CONSULT_DATA": str(self.folder),
                "CONSULT_DATABASE_URL": self.database_url,
                "CONSULT_SECRET": self.secret,
            }
        )
        self._process = start_process(command, self.log, environment)
        wait_until_it_answers(self.port, "/readyz", self._process, self.log)

    def kill(self) -> None:
        """SIGKILL: the process is gone at once, without a chance to tidy up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """The service has ended as an operator ends it. A repeat does nothing."""
        if self._process is not None:
            stop_process(self._process)
            self._process = None

    def processor_seconds(self) -> float:
        """Processor time of the service and its workers so far. Neighbours on the machine hardly change it."""
        parent = psutil.Process(self.pid)
        times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))

    @property
    def pid(self) -> int:
        """Of the process that was started; with several workers, of their parent. Raises NotStarted."""
        if self._process is None:
            raise NotStarted("it is not running")
        return self._process.pid


@contextmanager
def running(service: Service) -> Iterator[Service]:
    service.start()
    try:
        yield service
    finally:
        service.stop()


def start_process(command: Sequence[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command), cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )


def wait_until_it_answers(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Raises NotStarted when the process ended, or nothing answers in time."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        connection = HTTPConnection(LOOPBACK, port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    stop_process(process)
    raise NotStarted(f"nothing answers on port {port}:\n{log.read_text(errors='replace')[-2000:]}")


def stop_process(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
