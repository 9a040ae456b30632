"""The model picker: which model is chosen, which one the pages show, and how the chosen one gets here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from model_utils.errors import ModelError, ModelMissingError, ModelTooLargeError
from model_utils.models.registry import BUNDLED, BUNDLED_ID, may_fetch, model_folder, registry
from pages.common import controls
from pages.common.caches import cache
from pages.common.components.beat import beat
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.delta_generator import DeltaGenerator

    from model_utils.jobs import Job
    from model_utils.models.registry import ModelEntry

# What this session keeps: the model that its pages show, what was refused and why, the downloads that it has watched.
_SHOWN, _REFUSED, _WATCHED = "_model_shown", "_models_refused", "_models_watched"


def pick(place: DeltaGenerator) -> ModelEntry:
    """Draw the picker and return the model that the page shows.

    That is the chosen one, or, while it is not here or cannot be used, the one that was shown before; `place`, in the
    page's main part, then says so, and shows that a model is being loaded.
    """
    entries = registry()
    name = _choose(entries)
    chosen = entries[name]
    obstacle = _obstacle(chosen, place)
    shown = chosen if obstacle is None else _fallback(entries, chosen, place)
    st.session_state[_SHOWN] = shown.id
    st.caption(facts(chosen))
    # Slots that are there in any case: what they held before goes at once, not when the page is through.
    notice, way_out = place.empty(), st.empty()
    if obstacle is not None:
        with way_out.container():
            _mend(chosen, obstacle)
        notice.warning(f"{_headline(chosen, obstacle)} **This page shows {shown.id}.**", icon=":material/swap_horiz:")
    return shown


def door(entry: ModelEntry) -> None:
    """Draw which model speaks, as a button that opens the list of all models."""
    if st.button(
        tag(entry), key="all_models", type="tertiary", icon=":material/memory:", help="All models, and how to get them."
    ):
        _all_models()


def offer_gpt2(entry: ModelEntry) -> None:
    """Where real GPT-2 is on this computer and the bundled model is shown, offer it with one click."""
    from model_utils.models.download import find

    real = registry().get("gpt2")
    if entry.source == "bundled" and real is not None and find(real) is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="real_gpt2"):
            st.markdown("Real GPT-2 is on this computer.", width="content")
            st.button("Use gpt2", key="use_gpt2", on_click=controls.change, kwargs={"model": "gpt2"})


def tag(entry: ModelEntry) -> str:
    """Return the few words that say which model spoke, whichever page they stand on."""
    origin = {"bundled": entry.about, "hub": f"{entry.location} from the hub", "folder": "a folder of this server"}
    return f"{entry.id}: {origin[entry.source]}"


def facts(entry: ModelEntry) -> str:
    """Return the shape and the sizes of `entry` in a line or two."""
    if entry.trouble:
        return "A folder that cannot be used."
    parts = (
        f"{entry.layers} layers",
        f"{entry.heads} heads",
        f"width {entry.width:,}",
        f"{_millions(entry)} parameters",
        f"reads {entry.context:,} tokens",
        f"{entry.memory_mb:,} MB in memory",
    )
    # Lines break between the facts, not inside them.
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)


def _choose(entries: dict[str, ModelEntry]) -> str:
    if controls.value("model") not in entries:
        controls.change(model=BUNDLED_ID)
        # What a link asks for is not repeated: the sentence is Markdown.
        controls.note("model", f"The link asks for a model that this server does not offer: showing {BUNDLED_ID}.")
    names, chosen = list(entries), controls.value("model")
    controls.hold("model", chosen, *names)
    return str(
        st.selectbox(
            CONTROLS["model"].label,
            names,
            index=names.index(chosen),
            key="model",
            persist_state="session",
            on_change=controls.changed,
        )
    )


def _obstacle(entry: ModelEntry, place: DeltaGenerator) -> ModelError | None:
    """Return why `entry` cannot be shown now; None once it is in memory.

    The bundled model is loaded when a page first needs it, so that the first paint does not wait for torch.
    """
    if entry.source == "bundled":
        return None
    refused: dict[str, ModelError] = st.session_state.setdefault(_REFUSED, {})
    if entry.id in refused:
        return refused[entry.id]
    try:
        model_folder(entry)
        _load(entry, place)
    except ModelMissingError as error:
        return _too_large(entry) or error
    except ModelError as error:
        refused[entry.id] = error  # loading again at every rerun would cost seconds each
        return error
    return None


def _load(entry: ModelEntry, place: DeltaGenerator) -> None:
    if not cache.in_memory(entry):
        with place, st.spinner(f"Loading {entry.id}, {entry.memory_mb:,} MB …"):
            cache.loaded_model(entry.id)


def _too_large(entry: ModelEntry) -> ModelError | None:
    from model_utils.models.memory import check_memory, total_mb

    try:
        check_memory(entry, total_mb())
    except ModelTooLargeError as error:
        return error
    return None


def _fallback(entries: dict[str, ModelEntry], chosen: ModelEntry, place: DeltaGenerator) -> ModelEntry:
    before = entries.get(st.session_state.get(_SHOWN, BUNDLED_ID), BUNDLED)
    return before if before != chosen and _obstacle(before, place) is None else BUNDLED


def _headline(entry: ModelEntry, obstacle: ModelError) -> str:
    from model_utils.models.download import under_way

    if under_way(entry):
        return f"{entry.id} is being fetched."
    if isinstance(obstacle, ModelMissingError):
        return f"{entry.id} is not on this computer; the sidebar offers to fetch it."
    return f"{entry.id} cannot be shown; the sidebar says why."


def _mend(entry: ModelEntry, obstacle: ModelError) -> None:
    """Draw what stands in the way of `entry` and what can be done about it."""
    from model_utils.models.download import under_way

    watched = st.session_state.setdefault(_WATCHED, {})
    job = under_way(entry)
    if job is not None:
        watched[entry.id] = job
        _progress(entry, job)
        # Outside the fragment: inside, a click would wait for its turn.
        st.button("Stop fetching", key="stop_fetching", on_click=job.cancel, icon=":material/stop:")
        return
    missing = isinstance(obstacle, ModelMissingError)
    failed = watched[entry.id].error if entry.id in watched else None
    if failed is not None:
        st.error(
            literal(str(failed)) if isinstance(failed, ModelError) else f"Fetching {entry.id} failed; the log says why."
        )
    elif missing:
        st.markdown(f"{entry.id} is not on this computer: {entry.download_mb:,} MB to fetch from {entry.location}.")
    else:
        st.error(literal(str(obstacle)))
    if entry.source == "hub" and not may_fetch():
        st.caption("This server fetches no models: choose one that is on it.")
    elif entry.source == "hub" and not isinstance(obstacle, ModelTooLargeError):
        label = f"Fetch {entry.download_mb:,} MB" + ("" if missing and failed is None else " again")
        st.button(label, key="fetch_model", on_click=_fetch, args=(entry,), icon=":material/download:", type="primary")
    else:
        st.button("Try again", key="retry_model", on_click=_forget, args=(entry,), icon=":material/refresh:")
    back = st.session_state.get(_SHOWN, BUNDLED_ID)
    st.button(f"Back to {back}", key="back_to_model", on_click=controls.change, kwargs={"model": back})


def _fetch(entry: ModelEntry) -> None:
    from model_utils.models.download import start

    _forget(entry)
    st.session_state.setdefault(_WATCHED, {})[entry.id] = start(entry)


def _forget(entry: ModelEntry) -> None:
    st.session_state.get(_REFUSED, {}).pop(entry.id, None)
    st.session_state.get(_WATCHED, {}).pop(entry.id, None)


@st.fragment
def _progress(entry: ModelEntry, job: Job[Path]) -> None:
    if job.done:
        st.rerun()
    done, total = job.progress
    share = min(done / total, 1.0) if total else 0.0
    if job.cancelled:
        text = "Stopping …"
    elif total:
        text = f"Fetching {entry.id}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
    else:
        text = f"Fetching {entry.id}: asking the hub …"
    st.progress(share, text=text)
    beat(1.0, "beat_fetch")


@st.dialog("Models", width="large")
def _all_models() -> None:
    st.markdown(
        f"**{BUNDLED_ID}** is built like GPT-2 and reads its tokens, but it is small and trained for this app on 217 old books: "
        "it writes as they do and knows little. **gpt2** is the model that OpenAI trained on pages of the web."
    )
    st.table(table(registry()).set_index("Model"))
    st.caption("Download: the weights, once per computer. Memory: the weights as this app loads them (float32).")
    st.markdown(
        "**Without internet:** fetch a model on another computer and copy its folder, such as "
        "`models--openai-community--gpt2`, into the same place here: `~/.cache/huggingface/hub`, or `hub` in `HF_HOME`."
    )


def table(entries: dict[str, ModelEntry]) -> pd.DataFrame:
    """Return one row per model: its shape, where it is or would come from, what it takes."""
    from model_utils.models.download import find

    rows = []
    for entry in entries.values():
        here = not entry.trouble and find(entry) is not None
        where = {"bundled": "here, bundled", "folder": "here, a folder", "hub": "here"}[entry.source]
        missing = "cannot be used" if entry.trouble else f"from {entry.location}"
        rows.append(
            {
                "Model": entry.id,
                "Layers": f"{entry.layers}",
                "Heads": f"{entry.heads}",
                "Width": f"{entry.width:,}",
                "Parameters": _millions(entry),
                "Where": where if here else missing,
                "Download": "none" if here or entry.trouble else f"{entry.download_mb:,} MB",
                "Memory": f"{entry.memory_mb:,} MB",
            }
        )
    # A folder that cannot be read has no shape to show.
    return pd.DataFrame(rows).replace({"0": "", "0 M": "", "0 MB": ""})


def _millions(entry: ModelEntry) -> str:
    return f"{entry.parameters / 1e6:,.0f} M"
