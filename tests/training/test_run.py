"""A whole run on a few kilobytes, from books to a folder that the app loads."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model_utils.models.loading import load_model
from model_utils.models.registry import BUNDLED_FOLDER, folder_entry
from model_utils.models.seen_tokens import seen_tokens
from tests.tools.models import save_random
from tests.training.conftest import SMALL
from training import checkpoint, evaluate
from training.__main__ import main
from training.export import export
from training.finish import put_in_place
from training.run import Run, heldout_windows


def new_run(small, folder, recipe=SMALL) -> Run:
    """Return a run whose clock goes on by a second a step, so that its schedule is the same wherever it runs."""
    ticks = itertools.count()
    windows = heldout_windows(small, small.ids[small.stream[:200]], 32, 50257)
    return Run(recipe, small, windows, folder, compiled=False, clock=lambda: float(next(ticks)))


def test_a_run_learns_its_text_and_its_minutes_end_it(small, tmp_path):
    run = new_run(small, tmp_path)
    before = run.heldout_loss()
    points = list(run.steps())
    assert run.step == 60  # one second a step, one minute
    assert points[-1].heldout_loss < before - 0.5
    assert points[-1].rate_scale == pytest.approx(0.01, abs=0.01)
    lines = (tmp_path / checkpoint.CURVE).read_text().splitlines()
    assert len(lines) == 1 + len(points)
    assert lines[0] == "step,minutes,tokens,passes,rate_scale,train_loss,heldout_loss"


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(small, tmp_path):
    whole = new_run(small, tmp_path / "whole")
    list(whole.steps(12))
    first = new_run(small, tmp_path / "parts")
    list(first.steps(7))
    second = new_run(small, tmp_path / "parts")
    assert second.resume()
    assert second.step == 7
    list(second.steps(5))
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, second.network.state_dict()[name]), name
    assert len((tmp_path / "parts" / checkpoint.CURVE).read_text().splitlines()) == 13


def test_a_run_of_another_recipe_is_not_gone_on_with(small, tmp_path):
    list(new_run(small, tmp_path).steps(1))
    assert new_run(small, tmp_path, replace(SMALL, minutes=2.0)).resume()
    with pytest.raises(ValueError, match=r"a run with batch = 4, this one has 8: choose another folder with --work"):
        new_run(small, tmp_path, replace(SMALL, batch=8)).resume()


def test_held_out_tokens_that_the_text_never_had_do_not_count(small, tmp_path):
    run = new_run(small, tmp_path)
    plain = run.heldout_loss()
    run.heldout = np.where(run.heldout == run.heldout[0, 5], -1, run.heldout)
    assert run.heldout_loss() != plain
    assert np.isfinite(run.heldout_loss())


@pytest.fixture(scope="module")
def quick():
    """Make everything about a run small: its recipe, and what is measured of it."""
    with pytest.MonkeyPatch.context() as patch:
        quick = replace(SMALL, context=64, minutes=0.02)
        recipes = {"first": quick, "teacher": replace(quick, width=48), "taught": replace(quick, taught=0.6)}
        patch.setattr("training.__main__.RECIPES", recipes)
        patch.setattr(evaluate, "SAMPLE_LENGTH", 8)
        patch.setattr(evaluate, "REPEAT_LENGTH", 20)
        yield


@pytest.fixture(scope="module")
def made(quick, books, tmp_path_factory) -> tuple[Path, str]:
    """Return the folder that the command makes of the books, and what it prints meanwhile."""
    folder = tmp_path_factory.mktemp("made")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        main([str(books), "--plain", "--work", str(folder / "work"), "--out", str(folder / "out")])
    return folder / "out", printed.getvalue()


def test_the_command_makes_a_folder_that_the_app_loads(made):
    out, printed = made
    assert "now holds it" in printed
    loaded = load_model(folder_entry(out.name, out), out)
    assert (loaded.layers, loaded.heads, loaded.context) == (2, 2, 64)
    weights = loaded.model.state_dict()
    assert torch.equal(weights["lm_head.weight"], weights["transformer.wte.weight"])
    seen = seen_tokens(out, 50257)
    king, users = loaded.tokenizer(" king users").input_ids
    assert seen[king]
    assert not seen[users]
    figures = json.loads((out / "figures.json").read_text())
    assert figures["seen"] == seen.sum()
    card = (out / "README.md").read_text()
    assert f"| {figures['held_out']['nats']:.3f} | {figures['held_out']['perplexity']:.1f} |" in card
    assert "recipe `first`" in card


def test_the_exported_model_predicts_what_the_run_predicts(small, tmp_path):
    run = new_run(small, tmp_path / "run")
    list(run.steps(12))
    out = tmp_path / "out"
    export(
        run.network.state_dict(), small, SMALL, hidden=run.hidden_states(), tokenizer_folder=BUNDLED_FOLDER, folder=out
    )
    loaded = load_model(folder_entry(out.name, out), out)
    inputs, _ = run.batches.at(0)
    with torch.inference_mode():
        ours = run.network(torch.from_numpy(inputs)) @ run.network.tokens.weight.T
        theirs = loaded.model(input_ids=torch.from_numpy(small.ids[inputs])).logits
    torch.testing.assert_close(theirs[..., torch.from_numpy(small.ids)], ours, atol=0.02, rtol=0.01)


def test_a_small_network_learns_from_a_larger_one_and_the_card_names_both_runs(quick, books, tmp_path, capsys):
    teacher, work, out = (tmp_path / name for name in ("teacher", "work", "out"))
    command = [str(books), "--plain", "--out", str(out)]
    main([*command[:2], "--recipe", "teacher", "--work", str(teacher)])  # a teacher goes nowhere else
    assert f"{teacher / 'model'} holds it" in capsys.readouterr().out
    main([*command, "--recipe", "taught", "--work", str(work), "--teacher", str(teacher)])
    stages = json.loads((out / "figures.json").read_text())["training"]
    assert [(stage["recipe"], stage["taught"]) for stage in stages] == [("teacher", 0.0), ("taught", 0.6)]
    assert "60 % of its loss asked for what the network of the run before expects" in (out / "README.md").read_text()


def test_the_teacher_takes_part_in_training_alone(small, tmp_path):
    list(new_run(small, tmp_path / "teacher", replace(SMALL, width=48)).steps(1))
    run = new_run(small, tmp_path, replace(SMALL, taught=1.0))
    measured, batch = run.heldout_loss(), run.batches.at(0)
    before = float(run._loss(*batch, whole=True).detach())
    run.learn_from(tmp_path / "teacher")
    assert float(run._loss(*batch, whole=True).detach()) != pytest.approx(before, abs=1e-4)
    assert run.heldout_loss() == pytest.approx(measured, abs=1e-6)


def test_steps_may_be_limited_and_the_same_command_goes_on(quick, books, tmp_path, capsys):
    command = [
        str(books),
        "--plain",
        "--work",
        str(tmp_path / "work"),
        "--out",
        str(tmp_path / "out"),
        "--minutes",
        "9",
    ]
    main([*command, "--steps", "2"])
    assert "stopped; the same command goes on" in capsys.readouterr().out
    main([*command, "--steps", "1"])
    assert "going on at step 2" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_folder_without_books_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"holds no books-train-\*\.txt\.gz: give the folder of the books"):
        main([str(tmp_path)])


def test_a_worse_model_does_not_take_the_place_of_a_better_one(books, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "SAMPLE_LENGTH", 2)
    monkeypatch.setattr(evaluate, "REPEAT_LENGTH", 20)
    worse = save_random(tmp_path / "worse")
    before = (BUNDLED_FOLDER / "model.safetensors").stat().st_mtime_ns
    assert not put_in_place(worse, BUNDLED_FOLDER, books / "books-heldout.txt.gz")
    assert (BUNDLED_FOLDER / "model.safetensors").stat().st_mtime_ns == before
    other = save_random(tmp_path / "other", seed=1)
    for name in ("model.safetensors", "config.json"):
        (other / name).write_bytes((BUNDLED_FOLDER / name).read_bytes())
    assert put_in_place(other, worse, books / "books-heldout.txt.gz")
    assert (worse / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()
