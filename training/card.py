"""The model card, written from what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

CLEAR = 0.3  # a head does a thing clearly from this share of its attention on
NAMED = 6  # so many heads are named at most
TEMPLATE = Path(__file__).with_name("card.md")


def strongest(shares: list[list[float]], least: float = 0.0) -> list[tuple[int, int, float]]:
    """Return (layer, head, share) of the heads with the largest shares, `NAMED` at most, none below `least`."""
    found = np.array(shares)
    order = np.argsort(-found, axis=None)[:NAMED]
    places = [(int(place) // found.shape[1], int(place) % found.shape[1]) for place in order]
    return [(layer, head, float(found[layer, head])) for layer, head in places if found[layer, head] >= least]


def named(shares: list[list[float]], least: float = CLEAR) -> str:
    """Return the heads with the largest shares in words."""
    found = strongest(shares, least)
    if not found:
        layer, head, share = strongest(shares)[0]
        return f"none clearly; most of all layer {layer} head {head}, {share:.2f}"
    return ", ".join(f"layer {layer} head {head} ({share:.2f})" for layer, head, share in found)


def stage(figures: Mapping[str, Any]) -> str:
    """Return one training run as a line of the card."""
    taught = figures["taught"]
    how = f"; {100 * taught:.0f} % of its loss asked for what the network of the run before expects" if taught else ""
    return (
        f"- recipe `{figures['recipe']}`: {figures['minutes']:.0f} minutes on {figures['device']}, {figures['steps']:,} steps, "
        f"{figures['tokens'] / 1e6:.1f} M tokens, {figures['passes']:.1f} passes over {figures['corpus_tokens'] / 1e6:.1f} M{how}"
    )


def quoted(text: str) -> str:
    """Return a sample as a quotation, its lines kept, nothing in it taken for markup."""
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines() if line.strip())


def card(figures: Mapping[str, Any], config: Mapping[str, Any], *, parameters: int, megabytes: float) -> str:
    """Return the card of a model with these figures."""
    held, writing, heads = figures["held_out"], figures["writing"], figures["heads"]
    peaked, flat = figures["next_words"]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        layers=config["n_layer"],
        heads=config["n_head"],
        width=config["n_embd"],
        context=config["n_positions"],
        parameters=f"{parameters:,}",
        megabytes=f"{megabytes:.1f}",
        peaked=f"`{peaked['text']}` → `{peaked['word']}`, {100 * peaked['probability']:.0f} %",
        flat=f"`{flat['text']}`, where {flat['words_90']:,} words make 90 %",
        seen=f"{figures['seen']:,}",
        documents=f"{figures['training'][-1]['documents']:,}",
        tokens=f"{figures['training'][-1]['corpus_tokens'] / 1e6:.1f}",
        stages="\n".join(map(stage, figures["training"])),
        nats=f"{held['nats']:.3f}",
        perplexity=f"{held['perplexity']:.1f}",
        bits=f"{held['bits']:.3f}",
        predicted=f"{held['tokens']:,}",
        distinct_1=f"{writing['distinct_1']:.2f}",
        distinct_2=f"{writing['distinct_2']:.2f}",
        rep_4=f"{writing['rep_4']:.3f}",
        samples="\n\n".join(f"{n}.\n\n{quoted(text)}" for n, text in enumerate(writing["samples"], start=1)),
        induction=named(heads["induction"]),
        previous=named(heads["previous"], 0.25),
        first=named(heads["first"]),
    )
