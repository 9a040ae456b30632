"""What replicas add to a pass and to a token, and what a core of theirs makes, the bundled model."""

from __future__ import annotations

import importlib.util
import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import torch

from bench.report import Figure, MissingError, alternate
from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.models.forward import forward
from model_utils.models.loading import LoadedModel, load_model
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.remote import client
from model_utils.remote.address import RAY_SETTINGS, VARIABLE

REPLICAS, READERS, NEW, ROUNDS = 2, 8, 40, 15


def measure() -> Iterator[Figure]:
    """Yield a pass and a token by a replica over those of this process, and CPU seconds per token on either side."""
    if importlib.util.find_spec("ray") is None:
        raise MissingError("pip install -r requirements-ray.txt")
    os.environ |= {VARIABLE: "local", **RAY_SETTINGS}
    import ray

    torch.set_num_threads(1)  # as many as a replica has
    ray.init(
        address="local", num_cpus=REPLICAS, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR
    )
    try:
        there = client.model_cache().get(BUNDLED, BUNDLED_FOLDER)
        here = load_model(BUNDLED, BUNDLED_FOLDER)
        yield _passes(here, there)
        yield _tokens(here, there)
        yield _cores(there)
        yield _batch(here)
    finally:
        client.disconnect()


def _passes(here: LoadedModel, there: LoadedModel) -> Figure:
    ids = [list(range(100, 116))]
    ours, theirs = alternate(
        lambda: forward(here, ids, attentions=True, logits="last"),
        lambda: forward(there, ids, attentions=True, logits="last"),
        rounds=ROUNDS,
    )
    cpu = _cpu(lambda: [forward(there, ids, attentions=True, logits="last") for _ in range(20)]) / 20
    return Figure(
        name="a pass of 16 tokens with attentions by a replica / here",
        value=theirs / ours,
        at_most=6,
        detail={"here_ms": ours * 1e3, "replica_ms": theirs * 1e3, "cpu_ms_of_this_process": cpu * 1e3},
    )


def _lane(number: int) -> Lane:
    return Lane(prompt=(3666, 3290, 318, 100 + number), settings=SamplingSettings(seed=number))


def _text(loaded: LoadedModel, number: int) -> int:
    return sum(1 for _ in decode(loaded, [_lane(number)], NEW))


def _tokens(here: LoadedModel, there: LoadedModel) -> Figure:
    ours, theirs = alternate(lambda: _text(here, 0), lambda: _text(there, 0), rounds=ROUNDS)
    made = _text(here, 0)
    return Figure(
        name="a token by a replica / here",
        value=theirs / ours,
        at_most=2,
        detail={"here_ms": ours / made * 1e3, "replica_ms": theirs / made * 1e3},
    )


def _cores(there: LoadedModel) -> Figure:
    """Return the CPU time that a token takes of the process with the pages over that of the replicas, READERS at once."""
    replicas = [one for one in psutil.Process().children(recursive=True) if "ServeReplica" in " ".join(one.cmdline())]

    def spent() -> float:
        return sum(sum(one.cpu_times()[:2]) for one in replicas)

    tokens = 0

    def read() -> None:
        nonlocal tokens
        with ThreadPoolExecutor(READERS) as readers:
            tokens = sum(readers.map(lambda number: _text(there, number), range(READERS)))

    before, start = spent(), time.perf_counter()
    ours = _cpu(read)
    seconds, theirs = time.perf_counter() - start, spent() - before
    return Figure(
        name=f"{READERS} readers at once: CPU time of a token in this process / in the replicas",
        value=ours / theirs,
        at_most=1,
        detail={
            "here_ms": ours / tokens * 1e3,
            "replica_ms": theirs / tokens * 1e3,
            "tokens_per_second": tokens / seconds,
        },
    )


def _batch(here: LoadedModel) -> Figure:
    """Return the CPU time of a token of READERS texts one after another over that of the same texts in one batch."""
    alone = _cpu(lambda: [_text(here, number) for number in range(READERS)])
    made = 0

    def together() -> None:
        nonlocal made
        made = sum(len(steps) for steps in decode(here, [_lane(number) for number in range(READERS)], NEW))

    batch = _cpu(together)
    return Figure(
        name=f"{READERS} texts one after another / in one batch",
        value=alone / batch,
        at_least=1,
        detail={"alone_ms": alone / made * 1e3, "batch_ms": batch / made * 1e3},
    )


def _cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds that this process spends on `work`, all its threads together."""
    start = time.process_time()
    work()
    return time.process_time() - start
