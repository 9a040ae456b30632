"""The views of a beam search on the Generate page: the tree, its ended texts ranked, why beams repeat."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from model_utils.generate import explain
from model_utils.tokens.batch import sentence_label
from pages.common import controls, downloads, frame
from pages.common.components.plot import plot
from pages.common.view import View
from pages.generate import cache
from pages.generate.controls import START
from pages.generate.state import generate_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from model_utils.generate.beam_search.beam_tree import Node, Tree
    from model_utils.generate.beam_search.beams import BeamStep, Replay
    from model_utils.generate.beam_search.hypotheses import Hypothesis
    from pages.generate.run import BeamRun

LONGEST = 40  # characters of a text in the table of candidates


def tree(run: BeamRun, row: int, steps: Sequence[BeamStep]) -> None:
    """Draw the tree of a search up to the last of `steps`; a click opens the text of a node."""
    from model_utils.generate.beam_search.beam_tree import beam_tree
    from model_utils.generate.beam_search.explain_beams import beams_table
    from viz.generate.beam_tree import TreeColumn, TreeNode, fig_beam_tree

    found, label = beam_tree(steps), run.label
    opened = _opened(found)
    figure = fig_beam_tree(
        [TreeNode(**vars(one), label=explain.words(one.tokens, label)) for one in found.nodes],
        [TreeColumn(x=one.x, width=one.width, title=one.title) for one in found.columns],
        prompt=label(run.prompt(row)[-1].id).replace("␣", " ").strip(),
        rows=found.rows,
        chosen=None if opened is None else (opened.column, opened.row),
        palette=frame.palette(),
    )

    def click(at_row: int, at_column: int) -> None:
        node = found.node_at(at_row, at_column)
        generate_state().opened = None if node is None else (found.columns[node.column].last, node.row)

    plot(
        figure,
        "beam_tree",
        alt=f"The beams of {len(steps)} steps as a tree: what was kept, what was dropped, what ended. Each step is a "
        "table too, below.",
        on_click=click,
        opens=_opens(steps) if opened is None else (opened.column + 1) / max(1, len(found.columns)),
    )
    _open_text(run, row, found, opened)
    plain = run.request.policy.plain
    downloads.bar("beam_tree", numbers=lambda: beams_table(steps, label), code=(lambda: _code(run)) if plain else None)


def _opens(steps: Sequence[BeamStep]) -> Literal["start", "end"]:
    """Return where a tree opens: a whole one at its first branches, a growing one where it grows."""
    return "start" if steps[-1].done else "end"


def ends(texts: Sequence[Sequence[int]], label: Callable[[int], str]) -> list[str]:
    """Return texts from shortly before their first difference on: a column cuts off their ends, where they differ.

    Texts that read alike, of other tokens, have a line between their tokens.
    """
    alike = sum(1 for _ in takewhile(lambda tokens: len(set(tokens)) == 1, zip(*texts, strict=False)))
    start = max(0, alike - 3) if len(texts) > 1 else 0
    shown = [explain.words(one[start:], label) for one in texts]
    often = Counter(shown)
    shown = [
        " | ".join(map(label, one[start:])) if often[text] > 1 else text for one, text in zip(texts, shown, strict=True)
    ]
    return ["… " * (start > 0) + text for text in shown]


def _opened(found: Tree) -> Node | None:
    """Return the node that is open, None where it is not in this tree."""
    at = generate_state().opened
    if at is None:
        return None
    return next((one for one in found.nodes if (found.columns[one.column].last, one.row) == at), None)


def _open_text(run: BeamRun, row: int, found: Tree, opened: Node | None) -> None:
    """Draw the text of the open node, or how to open one."""
    from model_utils.generate.beam_search.explain_beams import OUTCOMES, score

    if opened is None:
        st.caption("ln p: the natural logarithm of a probability. Click a token for its whole text.")
        return
    text = found.path(opened)
    prompt = explain.words([token.id for token in run.prompt(row)], run.label)
    end = "" if opened.normalised is None else f", score {score(opened.normalised)}"
    st.text(
        f"{prompt} {explain.words(text, run.label)}\n"
        f"{OUTCOMES[opened.outcome]}: sum {score(opened.total)} over {len(text)} tokens{end}, "
        f"number {opened.rank:,} of all continuations."
    )


def beam_table(run: BeamRun, steps: Sequence[BeamStep], number: int) -> None:
    """Draw the candidates of one step as a table, for screen readers and for whoever likes numbers."""
    from model_utils.generate.beam_search.explain_beams import beams_table

    with st.expander("The candidates of this step as a table", key="beam_table", on_change="rerun") as shown:
        if not shown.open:
            return
        table = beams_table(steps[max(number - 1, 0) : number + 1], run.label)
        # Beams differ at their ends, and a column cuts there.
        table["continues"] = [sentence_label(text, LONGEST) for text in table["continues"]]
        st.dataframe(table[table["step"] == number + 1], hide_index=True)


def _code(run: BeamRun) -> str:
    from model_utils.snippets.beams import beams_code

    request = run.request
    return beams_code(
        run.loaded.entry, request.texts, request.settings, request.beams, max_new_tokens=request.max_new_tokens
    )


def finished(run: BeamRun, row: int, steps: Sequence[BeamStep]) -> None:
    """Draw the ended texts, ranked under a length penalty that may be another one than the search had."""
    from model_utils.generate.beam_search.beams import finished as all_finished
    from model_utils.generate.beam_search.explain_beams import ranked

    beams = run.request.beams
    found = all_finished(steps, beams)
    if not found:
        st.info("No text has ended up to this step.")
        return
    st.session_state.setdefault("rerank", beams.length_penalty)
    penalty = st.slider("Rank these texts under another length penalty", -5.0, 5.0, step=0.1, key="rerank")
    order = ranked(found, penalty)
    table = _ended_table(run, order, penalty)
    shown = ends([one.tokens for one in order], run.label)
    two = st.column_config.NumberColumn(format="%.2f")
    st.dataframe(
        table.assign(text=shown),
        hide_index=True,
        column_config={
            "text": st.column_config.TextColumn(width=330),
            "score in the search": st.column_config.NumberColumn("in the search", format="%.2f"),
            "sum": two,
            "score": two,
        },
    )
    st.caption(
        "Every text that ended, at end-of-text or since it has all its new tokens: its sum of log-probabilities (natural "
        "logarithm), divided by its length to the power of the penalty. "
        "At 0 the sum itself counts, and short texts gain; the more above 0, the longer the winner."
        + " Lines part the tokens of texts that read alike."
        * any(" | " in text for text in shown)
    )
    _otherwise(run, row, steps, order, penalty)
    downloads.bar("finished", numbers=lambda: table, code=None)


def _ended_table(run: BeamRun, order: Sequence[Hypothesis], penalty: float) -> pd.DataFrame:
    """Return the ended texts in their order, a line each, with what ended each."""
    return pd.DataFrame(
        {
            "rank": range(1, len(order) + 1),
            "text": [explain.words(one.tokens, run.label) for one in order],
            "tokens": [len(one.tokens) for one in order],
            "sum": [one.total for one in order],
            "score": [one.score(penalty) for one in order],
            "score in the search": [one.normalised for one in order],
            "ended at step": [one.number + 1 for one in order],
            "ended by": ["end-of-text" if one.tokens[-1] in run.loaded.end_of_text else "token limit" for one in order],
        }
    )


def _otherwise(run: BeamRun, row: int, steps: Sequence[BeamStep], order: Sequence[Hypothesis], penalty: float) -> None:
    """Draw where `generate` with another penalty would do otherwise than rank these texts, with the button that runs it."""
    from dataclasses import replace

    from model_utils.generate.beam_search.beams import replay

    beams = run.request.beams
    if penalty == beams.length_penalty:
        return
    found = replay(steps, replace(beams, length_penalty=penalty), run.room(row))
    st.text(_difference(run, found, order, penalty, len(steps)))
    st.button(
        f"Search with length penalty {penalty:g}",
        key="search_anew",
        icon=":material/search:",
        on_click=_search,
        args=(penalty,),
    )


def _difference(run: BeamRun, found: Replay, order: Sequence[Hypothesis], penalty: float, steps: int) -> str:
    start = f"generate with length penalty {penalty:g}"
    if found.steps is None:
        return f"{start} would search on beyond step {steps}, and might find another text."
    best = found.hypotheses[0].tokens
    when = "" if found.steps == steps else f", after {found.steps} steps"
    if best == order[0].tokens:
        return f"{start} would return the first of these texts too{when}."
    return f"{start} would do otherwise: it would return “{explain.words(best, run.label)}”{when}."


def _search(penalty: float) -> None:
    """Start the search with another length penalty. A callback."""
    controls.change(length_penalty=penalty)
    START.click()


def repeats(run: BeamRun, row: int, steps: Sequence[BeamStep]) -> None:
    """Draw how much the leading text repeats itself and how much it surprises, beside a sampled text of the same prompt."""
    from model_utils.compare.text_metrics import repetition
    from viz.generate.beam_repeats import beam_repeats

    prompt = tuple(token.id for token in run.prompt(row))
    found = cache.beside_sampled(run.request.model, prompt, steps[-1].leading, run.policy(row))
    sizes = (2, 3, 4)
    shares = {
        name: {n: [repetition(text[: at + 1], n) if at + 1 >= n else 0.0 for at in range(len(text))] for n in sizes}
        for name, (text, _) in found.items()
    }
    figure = beam_repeats(shares, {name: bits for name, (_, bits) in found.items()}, palette=frame.palette())
    plot(
        figure,
        "beam_repeats",
        alt="Share of repeated groups of tokens, and mean surprise, over the steps: beams beside a draw.",
    )
    beam, drawn = found["beam"], found["sampled"]
    st.markdown(
        f"**The beam's tokens surprise the model by {sum(beam[1]) / len(beam[1]):.1f} bits each, sampled ones by "
        f"{sum(drawn[1]) / len(drawn[1]):.1f}.** What is likeliest token by token is dull: human text is not the "
        "most likely text (Holtzman et al. 2020). A text that repeats itself makes its own repetition likelier."
    )
    st.text(f"Sampled, top-p 0.95, seed 0: {explain.words(drawn[0], run.label)}")
    table = pd.DataFrame(
        [
            {"text": name, "step": at + 1, "token": run.label(token), "surprise_bits": bits[at]}
            | {f"repeated_{n}_grams": shares[name][n][at] for n in sizes}
            for name, (text, bits) in found.items()
            for at, token in enumerate(text)
        ]
    )
    downloads.bar("beam_repeats", numbers=lambda: table, code=None)


VIEWS = {
    "tree": View(label="Beam tree", help="Every beam as a path, and what fell out of it.", draw=tree),
    "finished": View(
        label="Ended texts", help="The texts that ended, ranked, also under another length penalty.", draw=finished
    ),
    "repeats": View(label="Why beams repeat", help="Repetition and surprise beside a sampled text.", draw=repeats),
}
