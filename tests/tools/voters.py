"""A lecture hall against one running server: a teacher's session that leads a room, and phones that vote in it by plain HTTP."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx2

from tests.tools.visitors import Visitor

EVERY = 2.0  # seconds between two questions of a phone, as phone.js has it


@dataclass
class Hall:
    """What happened: votes as the phones gave them last, as each saw them counted; seconds of requests and clicks."""

    voted: Counter[int] = field(default_factory=Counter)
    counted: list[tuple[int, ...]] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    clicks: dict[str, float] = field(default_factory=dict)
    all_in: float = 0.0


async def _phone(client: httpx2.AsyncClient, room: str, hall: Hall, number: int, every: float) -> None:
    """Open the room, vote, change the vote now and then, and ask on until the counts are shown."""
    draw = random.Random(number)

    async def ask(part: str, **vote: object) -> httpx2.Response:
        begun = time.perf_counter()
        if vote:
            answer = await client.post(room + part, json={"voter": f"{number:016d}", **vote})
        else:
            answer = await client.get(room + part, headers={"X-Voter": f"{number:016d}"})
        hall.requests.append(time.perf_counter() - begun)
        assert answer.status_code == 200, answer.text
        return answer

    await asyncio.sleep(every * draw.random())
    await ask("")
    seen = (await ask("/state")).json()
    for choice in draw.choices(range(len(seen["choices"])), k=draw.choice((1, 1, 2))):
        await asyncio.sleep(every * draw.random())
        assert (await ask("/vote", step=seen["step"], choice=choice)).json()["yours"] == choice
    hall.voted[choice] += 1
    while seen["state"] == "asked":
        await asyncio.sleep(every * (0.9 + 0.2 * draw.random()))
        seen = (await ask("/state")).json()
    hall.counted.append(tuple(seen["counts"]))


def vote(address: str, phones: int, step: str = "masks-1", every: float = EVERY) -> Hall:
    """Return what happened when a teacher asked `step` of so many phones and revealed it once all had voted.

    The phones ask anew after `every` seconds.
    """
    hall = Hall()
    with Visitor(address) as teacher, ThreadPoolExecutor(1) as pool:

        def click(key: str) -> None:
            nonlocal drawn
            begun = time.perf_counter()
            drawn = teacher.press(drawn, key)
            hall.clicks[key] = time.perf_counter() - begun

        drawn = teacher.open("Masks", f"lesson={step}")
        click("room_open")
        components = [one.delta.new_element.bidi_component for one in drawn]
        (sent,) = [json.loads(one.json) for one in components if one.component_name == "maskscope_vote_count"]
        (query,) = [one.page_info_changed.query_string for one in drawn if one.HasField("page_info_changed")][-1:]
        room = f"{address}/room/{parse_qs(query)['room'][0]}"
        begun = time.perf_counter()

        async def gather() -> None:
            # A client for each, as each phone has its connection; none needs what is for TLS, which takes 0.1 s to set up.
            async with AsyncExitStack() as all_open:
                clients = [
                    await all_open.enter_async_context(httpx2.AsyncClient(verify=False, timeout=30))
                    for _ in range(phones)
                ]
                await asyncio.gather(*(_phone(one, room, hall, number, every) for number, one in enumerate(clients)))

        voting = pool.submit(asyncio.run, gather())
        _until(lambda: _votes(f"{address}{sent['address']}", sent["code"]) == phones or voting.done())
        _until(lambda: hall.voted.total() == phones or voting.done())
        hall.all_in = time.perf_counter() - begun
        for key in (
            "lesson_next",
            "lesson_back",
            "lesson_reveal",
        ):  # all phones ask on; what is not revealed keeps its votes
            click(key)
        voting.result(60)
    return hall


def _votes(address: str, code: str) -> int:
    return int(httpx2.get(address, headers={"X-Code": code}).json()["votes"])


def _until(done: Callable[[], bool], patience: float = 60) -> None:
    end = time.monotonic() + patience
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("not all have voted within a minute")
        time.sleep(0.2)
