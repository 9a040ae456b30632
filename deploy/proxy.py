"""What HAProxy is told: which processes there are, who goes to which, and what every answer says to browsers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# Streamlit's page starts with a script of its own and makes components' scripts out of texts ("blob:"); nothing of it comes
# from another server. Only pages of the same server may show it in a frame.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

_GLOBAL = """\
global
    maxconn 4000
    stats socket {socket} mode 600 level admin

defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    timeout http-request 10s
    option redispatch 1
    # Asked of a process that ended before it answered: another one answers.
    retry-on conn-failure empty-response
    option httpchk GET /_stcore/health
    # Who has come to a process stays with it, unless it is gone.
    cookie MASKSCOPE insert indirect nocache httponly
    default-server check inter 1s fall 2 rise 1

frontend maskscope
    bind {bind}
    http-request disable-l7-retry unless METH_GET
    http-response set-header X-Content-Type-Options nosniff
    http-response set-header Referrer-Policy same-origin
    http-response set-header Content-Security-Policy "{policy}"
"""


def name(worker: int) -> str:
    """Return what HAProxy calls a process."""
    return f"w{worker}"


def configuration(ports: Sequence[int], firsts: Sequence[str], *, bind: str, socket: Path) -> str:
    """Return HAProxy's configuration for the processes at `ports` of this machine, which the world reaches at `bind`.

    `firsts` are for each process the letters that its rooms begin with: a room lives in the memory of one process, so phones
    and pages that name it go there. `socket` is where HAProxy takes orders.
    """
    lines = [_GLOBAL.format(socket=socket, bind=bind, policy=CONTENT_SECURITY_POLICY)]
    for worker, letters in enumerate(firsts):
        here = f"{{ nbsrv(room_{name(worker)}) gt 0 }}"
        for asked in (f"{{ path_reg -i /room/[{letters}] }}", f"{{ urlp(room) -m reg -i ^[{letters}] }}"):
            lines.append(f"    use_backend room_{name(worker)} if {asked} {here}\n")
    lines.append("    default_backend app\n")
    servers = [
        f"    server {name(worker)} 127.0.0.1:{port} cookie {name(worker)}\n" for worker, port in enumerate(ports)
    ]
    lines += ["\nbackend app\n    balance leastconn\n", *servers]
    for worker, server in enumerate(servers):
        lines += [f"\nbackend room_{name(worker)}\n", server]
    return "".join(lines)
