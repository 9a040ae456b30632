"""Passes and texts by replicas against those of this process; what readers see when a replica dies."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
import torch
from streamlit.testing.v1 import AppTest

from model_utils.errors import InputError, ModelDamagedError, ModelLostError, ModelMissingError
from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.beam_search.beams import beam_search
from model_utils.generate.decode import decode, decode_tokens
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import CAUSAL, MaskPolicy
from model_utils.generate.step import Step
from model_utils.jobs import Cancelled
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.attention import LayerTrace, interruptible
from model_utils.models.forward import attention_maps, forward, head_outputs, output_logits
from model_utils.models.loading import LoadedModel
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.remote import client
from model_utils.remote.address import RAY_SETTINGS, VARIABLE
from pages.common import frame
from pages.common.caches import cache, cache_shared
from tests.tools.decoding import lane_of
from tests.tools.server import ROOT

pytestmark = [
    pytest.mark.timeout(240),  # the replicas start in the first test
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="requirements-ray.txt is not installed"),
    # Ray Serve 2.60 writes its own settings in pydantic's older way.
    pytest.mark.filterwarnings("ignore:Using extra keyword arguments on `Field` is deprecated"),
]

REPLICA = "ServeReplica"


@pytest.fixture(autouse=True)
def outside_of_loops() -> Iterator[None]:
    """Leave the event loop that counts as running after browser tests in this process: pages ask from threads without one."""
    running = asyncio.events._get_running_loop()
    asyncio.events._set_running_loop(None)
    yield
    asyncio.events._set_running_loop(running)


@pytest.fixture(scope="module")
def remote() -> Iterator[LoadedModel]:
    """Return the bundled model as two replicas run it, with as many torch threads here as each of them has."""
    import ray

    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "local")
        for name, value in RAY_SETTINGS.items():
            patch.setenv(name, value)
        torch.set_num_threads(1)
        ray.init(
            address="local",
            num_cpus=2,
            object_store_memory=90_000_000,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        try:
            yield client.model_cache().get(BUNDLED, BUNDLED_FOLDER)
        finally:
            client.disconnect()
            torch.set_num_threads(threads)


@pytest.fixture
def pages(remote: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the pages have the remote model, and nothing that this process has computed before."""
    monkeypatch.setattr(cache, "loaded_model", lambda _model: remote)
    monkeypatch.setattr(cache, "in_memory", lambda _entry: True)
    cache_shared.clear()
    yield
    cache_shared.clear()


def text(loaded: LoadedModel, lanes: list[Lane], new: int) -> list[list[object]]:
    """Return what every step of every lane saw and drew."""
    return [[told(step) for step in steps] for steps in decode(loaded, lanes, new)]


def told(step: Step) -> list[object]:
    candidates = step.candidates
    return [
        *(step.lane, step.number, step.token_id, step.stop, step.margin, step.probability_raw),
        *(step.entropy_before, step.entropy_after, step.stages, step.far.ids.tolist(), step.far.cut.tolist()),
        *(one.tolist() for one in (candidates.ids, candidates.before, candidates.after, candidates.cut)),
    ]


def test_a_pass_is_equal_to_the_last_bit(remote, tiny, mission) -> None:
    mask = build_mask(MaskSpec(pattern="window", width=3), mission)
    layers: dict[bool, list[LayerTrace]] = {True: [], False: []}
    here, there = (
        forward(loaded, mission.input_ids, mask, attentions=True, trace=layers[loaded is remote])
        for loaded in (tiny, remote)
    )
    assert torch.equal(here.logits, there.logits)
    assert torch.equal(here.hidden, there.hidden)
    assert len(there.attentions) == len(layers[True]) == tiny.layers
    assert all(map(torch.equal, here.attentions, there.attentions))
    for ours, theirs in zip(layers[False], layers[True], strict=True):
        assert all(torch.equal(getattr(ours, name), getattr(theirs, name)) for name in ("query", "value", "scores"))
    assert torch.equal(output_logits(tiny, here.hidden), output_logits(remote, here.hidden))
    assert torch.equal(head_outputs(tiny, 2), head_outputs(remote, 2))
    maps = [attention_maps(loaded, mission, mask, sentence=1)[0].weights for loaded in (tiny, remote)]
    assert (maps[0] == maps[1]).all()


def test_sentences_alone_and_in_a_batch_differ_by_rounding_alone(remote, mission) -> None:
    mask = build_mask(MaskSpec(), mission)
    batch = forward(remote, mission.input_ids, mask, logits="last").logits
    alone = [forward(remote, mission.input_ids, mask, rows=slice(b, b + 1), logits="last").logits[0] for b in range(3)]
    assert torch.allclose(batch, torch.stack(alone), atol=1e-5)


def test_texts_are_equal_token_for_token_and_probability_for_probability(remote, tiny) -> None:
    lanes = [
        lane_of(tiny, "My dog is", CAUSAL, SamplingSettings(seed=5, top_k=40)),
        lane_of(tiny, "It will rain in the", MaskPolicy(spec=MaskSpec(pattern="window", width=4)), SamplingSettings()),
        lane_of(tiny, "He", CAUSAL, SamplingSettings(temperature=0.0, repetition_penalty=1.5)),
    ]
    assert text(remote, lanes, 12) == text(tiny, lanes, 12)
    drawn = [[[step.token_id for step in one] for one in decode_tokens(loaded, lanes, 5)] for loaded in (remote, tiny)]
    assert drawn[0] == drawn[1]
    beams = BeamSettings(num_beams=3)
    assert list(beam_search(remote, lanes[:1], beams, 6)) == list(beam_search(tiny, lanes[:1], beams, 6))


def test_bounds_are_those_of_this_process_and_come_as_their_sentences(remote, tiny) -> None:
    lane = lane_of(tiny, "My dog is", CAUSAL)
    with pytest.raises(InputError, match="201"):
        decode(remote, [lane], 201)
    other = client.RemoteModel(replace(BUNDLED, layers=7))
    with pytest.raises(ModelDamagedError, match="tiny-gpt2"):
        other.compute("head_outputs", 0)
    with pytest.raises(ModelMissingError, match="nobody"):
        list(client.RemoteModel(replace(BUNDLED, id="nobody")).stream("decode", [lane], 3, cached=False))
    with pytest.raises(ValueError, match="keys and values"):
        forward(remote, [[1, 2]], use_cache=True)


def test_who_waits_can_stop_and_the_replica_stops_too(remote, tiny) -> None:
    many = [lane_of(tiny, "My dog is", CAUSAL, SamplingSettings(seed=seed)) for seed in range(96)]
    growing = decode(remote, many, 200)
    next(growing)
    assert busiest() is not None
    growing.close()
    assert idle_within(4)  # all of it takes much longer

    def stop() -> None:
        raise Cancelled

    with interruptible(stop), pytest.raises(Cancelled):
        next(decode(remote, many[:1], 3))


@pytest.mark.parametrize("page", [path for path, _ in frame.MENU])
def test_every_page_runs_through_replicas(page: str, pages, monkeypatch) -> None:
    asked: list[str] = []
    for kind in ("compute", "stream"):
        real = getattr(client.RemoteModel, kind)
        monkeypatch.setattr(
            client.RemoteModel,
            kind,
            lambda self, name, *a, real=real, **o: asked.append(name) or real(self, name, *a, **o),
        )
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != "app.py":
        at.switch_page(page)
    at.session_state["max_new_tokens"] = 3
    at.run()
    for state in ("_generate", "_compare"):
        if state in at.session_state and at.session_state[state].run is not None:
            assert at.session_state[state].run.job.wait(60)
            at.run()
    assert not at.exception
    assert not at.error
    assert asked or page == "pages/7_Lessons.py"


def test_a_replica_that_dies_leaves_the_text_so_far_and_one_click_goes_on(pages, remote, tiny) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/5_Generate.py")
    at.session_state["text"], at.session_state["max_new_tokens"] = "My dog is", 100
    at.run()
    job = at.session_state["_generate"].run.job
    assert job.wait_for_event(30)
    serves = busiest()
    lane = lane_of(tiny, "I want to", CAUSAL, SamplingSettings(seed=1))
    others = [Reader(remote, lane) for _ in range(3)]
    os.kill(serves, signal.SIGKILL)
    assert job.wait(60)
    assert isinstance(job.error, ModelLostError)
    at.run()
    assert [one.value for one in at.error] == [str(job.error)]
    before = [step.token_id for step in at.session_state["_generate"].run.rows()[0]]
    assert 0 < len(before) < 100

    at.button(key="go_on").click().run()
    assert at.session_state["_generate"].run.drawn(0)[: len(before)] == tuple(before)
    assert at.session_state["_generate"].run.job.wait(90)
    at.run()
    assert not at.error
    after = at.session_state["_generate"].run
    (expected,) = [[steps[0].token_id for steps in decode(tiny, [lane_of_run(after)], 100)]]
    assert [step.token_id for step in after.rows()[0]] == expected
    assert expected[: len(before)] == before

    whole = [steps[0].token_id for steps in decode(tiny, [lane], 60)]
    undisturbed = [one for one in others if one.ended(60) is None]
    assert undisturbed
    assert all(one.tokens == whole for one in undisturbed)
    assert all(one.tokens == whole[: len(one.tokens)] for one in others)


def lane_of_run(run) -> Lane:
    from pages.generate.run import lane_of as lane

    return lane(run.request, run.batch, 0)


class Reader:
    """Somebody who reads a text while it is made, on a thread."""

    def __init__(self, loaded: LoadedModel, lane: Lane) -> None:
        self.tokens: list[int] = []
        self._error: Exception | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(loaded, lane), daemon=True)
        self._thread.start()
        assert self._begun.wait(30)

    def _read(self, loaded: LoadedModel, lane: Lane) -> None:
        try:
            for steps in decode(loaded, [lane], 60):
                self.tokens.append(steps[0].token_id)
                self._begun.set()
        except ModelLostError as error:
            self._error = error

    def ended(self, timeout: float) -> Exception | None:
        self._thread.join(timeout)
        assert not self._thread.is_alive()
        return self._error


def test_replicas_do_not_give_way_to_what_else_is_at_work_on_their_computer(remote) -> None:
    assert [one.nice() for one in replicas()] == [psutil.Process().nice()] * 2


def replicas() -> list[psutil.Process]:
    found = psutil.Process().children(recursive=True)
    return [one for one in found if one.is_running() and any(REPLICA in part for part in one.cmdline())]


def busy(seconds: float = 0.4) -> dict[int, float]:
    """Return the CPU seconds that each replica takes in `seconds`."""
    before = {one: sum(one.cpu_times()[:2]) for one in replicas()}
    time.sleep(seconds)
    return {one.pid: sum(one.cpu_times()[:2]) - took for one, took in before.items()}


def busiest() -> int:
    """Return the process that makes the text under way."""
    took = busy()
    assert took
    return max(took, key=lambda pid: took[pid])


def idle_within(seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if max(busy().values()) < 0.1:
            return True
    return False
