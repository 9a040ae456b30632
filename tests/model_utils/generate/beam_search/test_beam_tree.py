"""The tree of a search: every kept path can be read from it, straight runs are folded, what fell out is named in words."""

from __future__ import annotations

import pytest

from model_utils.generate import explain
from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.beam_search.beam_tree import beam_tree
from model_utils.generate.beam_search.beams import BeamStep
from model_utils.generate.beam_search.explain_beams import beams_table, ranked, score, told
from model_utils.generate.beam_search.hypotheses import Hypothesis
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.models.loading import LoadedModel
from tests.model_utils.generate.beam_search.test_beams import COMMA, END, ONCE, STOP, ending_with, lane, searched

FOUR = BeamSettings(num_beams=4, early_stopping="never")


@pytest.fixture(scope="module")
def ending(tiny: LoadedModel) -> list[BeamStep]:
    """Return a search whose texts end inside."""
    model = ending_with(tiny, (STOP, COMMA, END))
    return searched(model, [lane(model, ONCE)], FOUR, 20)[0]


@pytest.fixture(scope="module")
def long(tiny: LoadedModel) -> list[BeamStep]:
    """Return a search of six beams and forty steps."""
    return searched(tiny, [lane(tiny, ONCE)], BeamSettings(num_beams=6), 40)[0]


def test_every_path_of_the_tree_is_a_beam_of_the_search(ending: list[BeamStep]) -> None:
    for upto in range(1, len(ending) + 1):
        tree = beam_tree(ending[:upto])
        assert [(one.first, one.last, one.x) for one in tree.columns] == [(at, at, at + 1) for at in range(upto)]
        for number, step in enumerate(ending[:upto]):
            of_step = [node for node in tree.nodes if node.column == number]
            kept = sorted((node for node in of_step if node.outcome == "kept"), key=lambda node: node.row)
            assert tuple(tree.path(node) for node in kept) == step.texts
            assert [node.total for node in kept] == pytest.approx(list(step.totals))
            assert sorted(node.row for node in of_step) == list(range(len(of_step)))
            ended = {tree.path(node) for node in of_step if node.outcome == "finished"}
            assert {one.tokens for one in step.hypotheses if one.number == number} <= ended
        best = [node for node in tree.nodes if node.best]
        assert [node.column for node in best] == list(range(len(tree.best)))
        assert tree.path(best[-1]) == tree.best
        assert [node.outcome for node in best[:-1]] == ["kept"] * (len(best) - 1)
    assert tree.best == ending[-1].hypotheses[0].tokens


def test_straight_runs_of_a_long_search_are_folded_and_no_path_is_lost(long: list[BeamStep]) -> None:
    tree = beam_tree(long)
    assert len(tree.columns) < 24 < len(long)
    assert [at for one in tree.columns for at in range(one.first, one.last + 1)] == list(range(40))
    x = 1
    for number, column in enumerate(tree.columns):
        assert (column.x, column.width) == (x, 1 if column.first == column.last else 2)
        x += column.width
        kept = sorted(
            (node for node in tree.nodes if (node.column, node.outcome) == (number, "kept")), key=lambda node: node.row
        )
        assert tuple(tree.path(node) for node in kept) == long[column.last].texts
        for at in range(column.x, x):
            assert tree.column_at(at) == column
            assert tree.node_at(0, at) == next(node for node in tree.nodes if (node.column, node.row) == (number, 0))
    assert tree.column_at(0) is tree.column_at(x) is tree.node_at(99, 1) is None
    assert len(beam_tree(long, most_columns=40).columns) == 40
    fallen = next(step.number for step in long for one in step.candidates if one.greedy and one.slot is None)
    assert any((one.first, one.last) == (fallen, fallen) for one in tree.columns)


def test_a_step_is_told_in_words(tiny: LoadedModel, ending: list[BeamStep]) -> None:
    prompt = tuple(tiny.tokenizer(ONCE).input_ids)
    greedy_fell = 0
    for number, step in enumerate(ending):
        before = ending[number - 1] if number else None
        greedy = SamplingSettings(temperature=0.0)
        lines = told(step, before, FOUR, greedy, prompt, lambda token: f"<{token}>")
        gone = len({*range(4)} - {one.beam for one in step.kept}) if number and step.kept else 0
        assert sum("fell out" in line for line in lines) == gone
        ended = [one for one in step.candidates if one.normalised is not None and one.rank <= 4]
        assert [sum(f"(score {score(one.normalised)})" in line for line in lines) for one in ended] == [1] * len(ended)
        assert sum("(score" in line for line in lines) == len({one.outcome for one in ended})
        greedy_fell += any("greedy" in line for line in lines)
    assert greedy_fell == 1


def test_a_ban_is_told_with_its_reason(tiny: LoadedModel) -> None:
    chosen = SamplingSettings(temperature=0.0, bad_words="king")
    one = lane(tiny, ONCE, chosen)
    (steps,) = searched(tiny, [one], FOUR, 1)
    (ban,) = steps[0].bans
    lines = told(steps[0], None, FOUR, chosen, one.prompt, lambda token: f"<{token}>")
    assert f"<{ban.token_id}>" in lines[0]
    assert explain.ban("bad words", ban.token_id, one.prompt, chosen, str) in lines[0]
    assert explain.ban("no-repeat n-gram", 9, (7, 8), SamplingSettings(no_repeat_ngram_size=2), str).endswith("“89”")


def test_the_table_has_a_line_per_candidate(ending: list[BeamStep]) -> None:
    table = beams_table(ending, str)
    assert len(table) == sum(len(step.candidates) for step in ending)
    line = table[(table.step == 2) & (table.beam == 1)].iloc[0]
    assert (line["sum"], line.token_id) == (pytest.approx(ending[1].totals[0]), ending[1].texts[0][-1])
    assert line.continues == str(ending[0].texts[ending[1].kept[0].beam][0])


def test_finished_texts_are_ranked_anew_under_another_penalty() -> None:
    short = Hypothesis(tokens=(1,), total=-1.0, normalised=-1.0, number=0)
    long = Hypothesis(tokens=(1, 2, 3, 4), total=-2.0, normalised=-0.5, number=3)
    assert ranked([short, long], 1.0) == [long, short]
    assert ranked([long, short], 0.0) == [short, long]
    assert long.score(2.0) == pytest.approx(-0.125)
