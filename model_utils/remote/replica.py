"""What runs on the other computers: one process that holds models and computes for whoever asks, one pass at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from ray import serve

from model_utils.errors import ModelDamagedError, ModelMissingError
from model_utils.jobs import Cancelled
from model_utils.models.attention import interruptible
from model_utils.models.loading import LoadedModel, ModelCache
from model_utils.models.registry import BUNDLED, ModelEntry, model_folder, registry
from model_utils.remote.functions import COMPUTED, STREAMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ray.serve.handle import DeploymentHandle

T = TypeVar("T")

APP = "maskscope"

# Requests that a replica has under way, its texts growing side by side, a step of each in turn; Ray holds back the others.
# Each may take MAX_CACHE_MB for its keys and values.
ONGOING = 4


class Replica:
    """The models of the registry, each loaded when it is first asked for, the bundled one before any question.

    All passes are made by one thread with `threads` cores, first come, first served: so they never share cores, and give the
    numbers that this many cores give.
    """

    def __init__(self, threads: int) -> None:
        self._turns = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads,))
        self._models = ModelCache()
        self._turns.submit(self._model, BUNDLED).result()

    async def compute(self, entry: ModelEntry, name: str, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """Return what the function `name` of COMPUTED makes of the model of `entry`; a cancelled request ends at a layer."""
        with _cancellable() as check:
            return await self._in_turn(check, lambda: COMPUTED[name](self._model(entry), *args, **options))

    async def stream(
        self, entry: ModelEntry, name: str, args: Sequence[Any], options: Mapping[str, Any]
    ) -> AsyncGenerator[Any, None]:
        """Yield what the function `name` of STREAMED yields; a cancelled request ends at a layer, and lets go of its memory."""
        with _cancellable() as check:
            steps = await self._in_turn(check, lambda: STREAMED[name](self._model(entry), *args, **options))
            try:
                while (made := await self._in_turn(check, lambda: next(steps, None))) is not None:
                    yield made
            finally:
                self._turns.submit(steps.close)  # behind the step that may be under way

    async def _in_turn(self, check: Callable[[], None], work: Callable[[], T]) -> T:
        def checked() -> T:
            check()
            with interruptible(check):
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._turns, checked)

    def _model(self, entry: ModelEntry) -> LoadedModel:
        """Return the model that the asking process means. Raises ModelError where this computer has none or another one."""
        own = registry().get(entry.id)
        if own is None:
            raise ModelMissingError(f"The computers that run the models do not offer {entry.id}: choose another model.")
        if replace(own, location=entry.location) != entry:
            raise ModelDamagedError(f"The computers that run the models have another {entry.id}: choose another model.")
        return self._models.present(own) or self._models.get(own, model_folder(own))


@contextmanager
def _cancellable() -> Iterator[Callable[[], None]]:
    """Give a check that raises Cancelled once the block has been left: in the thread that still computes for it."""
    left = threading.Event()

    def check() -> None:
        if left.is_set():
            raise Cancelled

    try:
        yield check
    finally:
        left.set()


def deploy(replicas: int, threads: int = 1) -> DeploymentHandle[Any]:
    """Start `replicas` of `threads` cores each on the Ray that this process has joined, and return the way to ask them.

    They stay when this process ends, where the cluster does. Nothing of it is reachable by HTTP.
    """
    serve.start(proxy_location="Disabled")
    deployment = serve.deployment(
        Replica,
        name="models",
        num_replicas=replicas,
        max_ongoing_requests=ONGOING,
        ray_actor_options={"num_cpus": threads},
    )
    return serve.run(deployment.bind(threads), name=APP, route_prefix=None)
