"""How this process asks replicas: for one answer, or for one that comes step by step. It imports ray when it first asks."""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from model_utils.errors import ModelLostError
from model_utils.models.attention import stop_if_asked
from model_utils.models.loading import ModelCache
from model_utils.remote.address import AUTO, LOCAL, RAY_SETTINGS, address, is_set

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

    from model_utils.models.registry import ModelEntry

T = TypeVar("T")

# Seconds between two looks whether who waits for an answer wants to stop, and until no answer is expected any more.
LOOK, PATIENCE = 0.1, 300.0

# How often one answer is asked for: a replica that dies is replaced, and asking again changes nothing.
TRIES = 3

log = logging.getLogger("maskscope")

_CONNECTING = threading.Lock()
_HANDLES: list[DeploymentHandle[Any]] = []


def model_cache() -> ModelCache:
    """Return what holds the models of this process: whole, or where MASKSCOPE_RAY is set the shapes of remote ones."""
    return ModelCache(free=lambda: math.inf, remote=_remote_model) if is_set() else ModelCache()


def _remote_model(entry: ModelEntry) -> RemoteModel:
    handle()  # a cluster that is not there is found missing now
    return RemoteModel(entry)


@dataclass(frozen=True)
class RemoteModel:
    """A model of the registry that runs on replicas: a `forward.Remote`."""

    entry: ModelEntry

    def compute(self, name: str, *args: Any, **options: Any) -> Any:
        """Return what a replica computes. Raises what it raised, and ModelLostError where none answers."""
        until = time.monotonic() + PATIENCE
        for left in reversed(range(TRIES)):
            try:
                with _in_sentences():
                    response = handle().compute.remote(self.entry, name, args, options)
                    try:
                        return _awaited(response.result, until)
                    except BaseException:
                        response.cancel()
                        raise
            except ModelLostError:
                if not left:
                    raise
        raise AssertionError

    def stream(self, name: str, *args: Any, **options: Any) -> Generator[Any, None, None]:
        """Yield what a replica makes, as it comes; it ends there too when this is closed. Raises as `compute` does.

        What has begun is not asked for again: its reader has seen a part of it, and says when to go on.
        """
        with _in_sentences():
            response = handle().options(stream=True).stream.remote(self.entry, name, args, options)
            arrived: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

            def fetch() -> None:
                try:
                    for made in response:
                        arrived.put((made, None))
                    arrived.put((None, None))
                except BaseException as error:  # it is raised where somebody waits
                    arrived.put((None, error))

            def next_one(timeout_s: float) -> tuple[Any, BaseException | None]:
                try:
                    return arrived.get(timeout=timeout_s)
                except Empty:
                    raise TimeoutError from None

            threading.Thread(target=fetch, name="from a replica", daemon=True).start()
            try:
                while True:
                    made, error = _awaited(next_one, time.monotonic() + PATIENCE)
                    if error is not None:
                        raise error
                    if made is None:
                        return
                    yield made
            finally:
                response.cancel()


def _awaited(get: Callable[..., T], until: float) -> T:
    """Return what `get` returns, which raises TimeoutError after the seconds it is given; meanwhile look who wants to stop."""
    while time.monotonic() < until:
        stop_if_asked()
        with suppress(TimeoutError):
            return get(timeout_s=LOOK)
    raise ModelLostError("The computers that run the models do not answer, or too many wait for them: try again later.")


@contextmanager
def _in_sentences() -> Iterator[None]:
    """Raise what a replica raised as it was raised there, and Ray's own errors as a sentence; the log has the fault."""
    from ray.exceptions import RayError, RayTaskError
    from ray.serve.exceptions import RayServeException

    try:
        yield
    except RayTaskError as error:
        raise error.cause from error
    except (RayError, RayServeException) as error:
        log.warning("A replica was lost: %s", str(error).partition("\n")[0])
        raise ModelLostError(
            "The computer that ran the model stopped in the middle: ask again, and another one answers."
        ) from error


def handle() -> DeploymentHandle[Any]:
    """Return the way to the replicas, found by the first who asks. Raises ModelLostError when there is none."""
    with _CONNECTING:
        if not _HANDLES:
            _HANDLES.append(_connected(address()))
        return _HANDLES[0]


def _connected(where: str) -> DeploymentHandle[Any]:
    for name, value in RAY_SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        from ray import serve
    except ImportError as error:
        raise ModelLostError(
            "Ray is asked for and not installed: the operator has to run pip install -r requirements-ray.txt."
        ) from error
    from model_utils.remote.replica import APP, deploy

    try:
        if not ray.is_initialized():
            if where not in (LOCAL, AUTO):
                _knock(where)
            ray.init(address=where, log_to_driver=False, logging_level=logging.WARNING, namespace="serve")
        if where == LOCAL:
            return deploy(replicas=max(1, int(ray.cluster_resources().get("CPU", 1))))
        return serve.get_app_handle(APP)
    except Exception as error:  # Ray has many, none of which a reader can put right
        log.exception("Joining the Ray cluster at %s failed", where)
        raise ModelLostError(
            "The computers that run the models cannot be reached: try again later, or tell who runs this server."
        ) from error


def _knock(where: str) -> None:
    """Raise OSError unless somebody listens there: Ray itself was seen to wait for longer than ten minutes."""
    host, _, port = where.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()


def disconnect() -> None:
    """Leave the cluster; one that `local` has started ends."""
    import ray

    with _CONNECTING:
        _HANDLES.clear()
        ray.shutdown()
