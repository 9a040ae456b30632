"""The largest case that a page shows: one sentence of 1,024 tokens, GPT-2 124M in shape with random weights."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from itertools import pairwise
from unittest.mock import patch

import plotly.graph_objects as go

from bench.forward import full_size
from bench.heads import picture
from bench.report import Figure
from model_utils.heads.measures import HABITS, Habits, habits
from model_utils.heads.thumbnails import Thumbnails, thumbnails
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models import forward as models_forward
from model_utils.models.attention import register
from model_utils.models.forward import AttentionMaps, attention_maps
from model_utils.models.loading import LoadedModel, load_model
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.tokens.batch import encode

TOKENS, ROUNDS = 1024, 5
MOST_MB, MOST_S = 350, 3


def measure() -> Iterator[Figure]:
    """Yield the memory of the page's data, and the time from the end of the forward pass to all heads as one figure."""
    bundled = load_model(BUNDLED, BUNDLED_FOLDER)
    loaded = LoadedModel(entry=BUNDLED, model=full_size(register()), tokenizer=bundled.tokenizer)
    batch = encode(loaded.tokenizer, (" the" * TOKENS,))
    mask = build_mask(MaskSpec(), batch)
    forward, passed = models_forward.forward, 0.0

    def timed(*args: object, **options: object) -> object:
        nonlocal passed
        out = forward(*args, **options)
        passed = time.perf_counter()
        return out

    runs = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        with patch.object(models_forward, "forward", timed):
            (maps,) = attention_maps(loaded, batch, mask)
        moments = [start, passed, time.perf_counter()]
        tiles = thumbnails(maps)
        moments.append(time.perf_counter())
        found = habits(maps, batch.first(0), batch.last(0))
        moments.append(time.perf_counter())
        sent = len(_figure(tiles, found).to_json())
        moments.append(time.perf_counter())
        runs.append([after - before for before, after in pairwise(moments)])
    parts = ("pass_s", "kept_s", "thumbnails_s", "habits_s", "figure_s")
    seconds = {name: statistics.median(run[i] for run in runs[1:]) for i, name in enumerate(parts)}
    size = _megabytes(maps, tiles)
    yield Figure(
        name=f"data of the Heads page, 1 x {TOKENS:,} tokens, 124M : {MOST_MB} MB",
        value=size / MOST_MB,
        at_most=1.0,
        detail={"data_mb": size, "weights_mb": maps.weights.nbytes / 1e6, "picture_mb": tiles.picture.nbytes / 1e6},
    )
    yield Figure(
        name=f"all heads as one figure after the forward pass, 1 x {TOKENS:,} tokens, 124M : {MOST_S} s",
        value=statistics.median(sum(run[1:]) for run in runs[1:]) / MOST_S,
        at_most=1.0,
        detail=seconds | {"slowest_s": max(sum(run[1:]) for run in runs[1:]), "figure_bytes": sent},
    )


def _figure(tiles: Thumbnails, found: Habits | None) -> go.Figure:
    """Return the page's map of all heads, with what its hover says."""
    assert found is not None
    layers, heads = found.first.shape
    facts = [[str(found.main(layer, head)) for head in range(heads)] for layer in range(layers)]
    return picture(tiles, facts, [found.strongest(habit)[:2] for habit in HABITS])


def _megabytes(maps: AttentionMaps, tiles: Thumbnails) -> float:
    """Return the MB of everything that is kept of one sentence."""
    arrays = (maps.weights, maps.cause, *maps.causes.values(), tiles.picture)
    return sum(array.nbytes for array in arrays) / 1e6
