"""What each figure is compared with, taken in the same run: pgbench, and a bare ASGI application."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

from app.serving import free_port
from bench.recording import Exchange
from bench.servers import start_process, stop_process, wait_until_it_answers
from tests.postgres import SUPERUSER, Server

#: Complete sessions a second of LimeSurvey 6.4, tuned, on the same questions (design: performance.md).
LIMESURVEY_SESSIONS = 17.6
LIMESURVEY_REQUESTS, LIMESURVEY_KB = 34, 755
INSERT = Template("""INSERT INTO submissions (send_hash, receipt_hash, consultation_id, questionnaire_number, \
language, arrived_hour, answers, open_answers, dropped) \
VALUES (decode(md5(random()::text) || md5(random()::text), 'hex'), \
decode(md5(random()::text) || md5(random()::text), 'hex'), $consultation_id, 1, 'en', \
date_trunc('hour', now()), '$answers', '$texts', 0) ON CONFLICT (send_hash) DO NOTHING;
""")


def pgbench(
    server: Server, database: str, consultation_id: int, row: tuple[str, str], clients: int, seconds: int, folder: Path
) -> float | None:
    """Rows a second: one INSERT of the same row a transaction, into the real table, statements prepared.

    `row` is the JSON of the answers and of the open answers. None where there is no pgbench.
    """
    program = shutil.which("pgbench", path=f"{server.binaries}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        return None
    answers, texts = (json.dumps(json.loads(each), ensure_ascii=False).replace("'", "''") for each in row)
    script = folder / "insert.sql"
    values = {"consultation_id": str(consultation_id), "answers": answers, "texts": texts}
    script.write_text(INSERT.substitute(values))
    done = subprocess.run(
        [
            program, "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", str(script),
            "-h", str(server.folder), "-p", str(server.port), "-U", SUPERUSER, database,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout) or re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench did not finish: {done.stderr[-500:]}")
    return float(found[1])


@contextmanager
def bare_server(exchanges: Iterable[Exchange], folder: Path) -> Iterator[int]:
    """The port of a bare application that answers these requests with the very bytes of the real answers."""
    canned = {
        each.target: (
            each.reply.status,
            [(name.encode("latin-1"), value.encode("latin-1")) for name, value in each.reply.headers],
            each.reply.body,
        )
        for each in exchanges
    }
    file, port = folder / "canned.pickle", free_port()
    file.write_bytes(pickle.dumps(canned))
    log = folder / "bare.log"
    process = start_process([sys.executable, "-m", "bench.bare", str(port), str(file)], log, dict(os.environ))
    try:
        wait_until_it_answers(port, "/", process, log)
        yield port
    finally:
        stop_process(process)
