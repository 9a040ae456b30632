"""`python -m deploy --workers 2 --port 8501`: the app as several processes behind HAProxy, until it is told to stop.

A process that ends is replaced. SIGHUP restarts one after another; SIGTERM and Ctrl+C stop everything.
"""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from deploy import workers
from deploy.proxy import configuration

# Seconds between two looks at the processes.
LOOK = 0.5


def main() -> int:
    """Serve until told to stop, and return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asked = _arguments()
    haproxy = workers.haproxy()
    if haproxy is None:
        print("HAProxy is needed, and is not installed. On Debian: apt-get install haproxy", file=sys.stderr)
        return 2
    processes = workers.make_workers(asked.workers)
    with tempfile.TemporaryDirectory(prefix="maskscope-") as folder:
        orders, written = Path(folder) / "orders", Path(folder) / "haproxy.cfg"
        ports = [one.port for one in processes]
        text = configuration(ports, workers.firsts(asked.workers), bind=f"{asked.address}:{asked.port}", socket=orders)
        written.write_text(text, encoding="utf-8")
        stop, again = threading.Event(), threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        signal.signal(signal.SIGHUP, lambda *_: again.set())
        with ExitStack() as running:
            for one in processes:
                running.callback(one.stop)
                one.start()
            # HAProxy takes what it has not looked at yet for well: it comes when the processes answer.
            while not stop.is_set() and any(not one.gone and not one.answers() for one in processes):
                stop.wait(LOOK)
            proxy = subprocess.Popen([haproxy, "-db", "-f", str(written)])
            running.callback(proxy.wait)
            running.callback(proxy.terminate)
            while not stop.wait(LOOK):
                if proxy.poll() is not None:
                    logging.error("HAProxy has ended, see above: without it nobody reaches the app")
                    return 1
                workers.replace_gone(processes)
                if again.is_set():
                    again.clear()
                    workers.renew(processes, orders)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("--workers", type=int, default=2, help=f"processes, 1 to {workers.MOST_WORKERS}")
    parser.add_argument("--port", type=int, default=8501, help="where the world reaches the app")
    parser.add_argument("--address", default="*", help="on which address; * for all")
    asked = parser.parse_args()
    if not 1 <= asked.workers <= workers.MOST_WORKERS:
        parser.error(f"--workers takes 1 to {workers.MOST_WORKERS}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
