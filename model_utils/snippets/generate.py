"""The lines of transformers code that reproduce the texts of a batch and the candidates of one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.generate.filters.filter_settings import FILTERS, GENERATE_ORDER
from model_utils.snippets.filters import DRAW, bad_words_lines, shifting, warper_import, warpers
from model_utils.snippets.setup import batch_lines, ends_line, preamble, sentences_lines

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.models.registry import ModelEntry


def generate_code(
    entry: ModelEntry,
    texts: Sequence[str],
    settings: SamplingSettings,
    *,
    steps: int,
    sentence: int,
    step: int,
    full: bool = False,
) -> str:
    """Return the lines that print the texts of `steps` new tokens and the candidates of one step, counted from 0.

    Greedy is one call of `generate`, unless a text was `full`: ended by the model's context, which `generate` oversteps.
    With a processor it is not: those of `generate` take the pads of a batch for words.
    """
    head = (
        f"{preamble(entry)}\n"
        f"{sentences_lines(texts)}"
        f"NEW_TOKENS = {steps}\n"
        f"SENTENCE, STEP = {sentence}, {step}  # of the picture, counted from 0\n"
        f"{ends_line(entry)}"
        f"{batch_lines('left')}"
    )
    plain = settings.greedy and not full and not settings.processors
    body = _GREEDY if plain else _in_short(settings, full=full) + _warpers(settings) + DRAW + _LOOP
    return head + body + _CANDIDATES


def _in_short(settings: SamplingSettings, *, full: bool) -> str:
    """Return as a comment the call of `generate` that draws by these settings; empty where no call of it does."""
    if settings.greedy or full or settings.processors or settings.full_order != GENERATE_ORDER:
        return ""
    # Named though it is off, since what is not said is 50.
    given = [one for one in FILTERS if one.main or not one.is_off(settings)]
    values = "".join(f", {one.field}={one.value(settings)!r}" for one in given)
    return (
        "\n# In short, with random numbers of its own and so with other words:\n"
        "# out = model.generate(\n"
        "#     input_ids=ids, attention_mask=mask, max_new_tokens=NEW_TOKENS, eos_token_id=ENDS,\n"
        f"#     pad_token_id=tokenizer.pad_token_id, do_sample=True{values},\n"
        "# )\n"
        "# What follows draws the words of the page.\n"
    )


def _warpers(settings: SamplingSettings) -> str:
    """Return the lines that set up what turns scores into the probabilities of the draw, as transformers does it."""
    calls = [call for _, call in warpers(settings)]
    return (
        "import numpy as np\n"
        f"{warper_import(calls, 'LogitsProcessorList')}"
        "\n"
        f"SEED, SAMPLE = {settings.seed}, 0\n"
        f"{bad_words_lines([settings])}"
        "\n"
        "def filters(prompt_length):\n"
        '    """What the scores of one text go through: what only shifts them, and all."""\n'
        f"    shifting = LogitsProcessorList([{', '.join(shifting(settings))}])\n"
        f"    return shifting, LogitsProcessorList([{', '.join(calls)}])\n"
    )


_GREEDY = """
out = model.generate(
    input_ids=ids, attention_mask=mask, max_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=ENDS,
    pad_token_id=tokenizer.pad_token_id, return_dict_in_generate=True, output_logits=True,
)
texts = []
for row in out.sequences[:, ids.shape[1] :].tolist():
    ended = [place for place, token in enumerate(row) if token in ENDS]
    texts.append(row[: ended[0] + 1] if ended else row)
before = out.logits[STEP][SENTENCE].softmax(-1)
after = torch.zeros_like(before)
after[before.argmax()] = 1
"""

_LOOP = """

lengths = mask.sum(-1)
positions = (mask.cumsum(-1) - 1).clamp(min=0)  # forward() would count the pads too
texts, going, cache = [[] for _ in SENTENCES], [True for _ in SENTENCES], None
prompts = [row[row_mask == 1] for row, row_mask in zip(ids, mask)]  # each row is filtered as if it were alone
each = [filters(len(prompt)) for prompt in prompts]
for step in range(NEW_TOKENS):
    with torch.inference_mode():
        out = model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True,
            logits_to_keep=1,
        )
        cache, scores = out.past_key_values, out.logits[:, -1].float()
        said = [torch.cat([prompt, torch.tensor(text, dtype=torch.long)])[None] for prompt, text in zip(prompts, texts)]
        kept = [every(tokens, row[None])[0] for (_, every), tokens, row in zip(each, said, scores)]
        if step == STEP:
            shifted = each[SENTENCE][0](said[SENTENCE], scores[SENTENCE][None])[0]
            before, after = shifted.softmax(-1), kept[SENTENCE].softmax(-1)
    drawn = [draw(row, SEED, SAMPLE, step) for row in kept]
    for row, token in enumerate(drawn):
        if going[row]:
            texts[row].append(token)
            going[row] = token not in ENDS and lengths[row] + len(texts[row]) < model.config.n_positions
    alive = torch.tensor(going).long()[:, None]
    ids = torch.tensor(drawn)[:, None].where(alive == 1, tokenizer.pad_token_id)  # what has ended fills with masked pads
    mask = torch.cat([mask, alive], dim=-1)
    positions = torch.tensor([[int(lengths[row]) + len(texts[row]) - 1] for row in range(len(texts))])
    if not any(going):
        break
"""

_CANDIDATES = """
for row in texts:
    print(row, repr(tokenizer.decode(row)))
for token in before.topk(50).indices.tolist():
    print(token, repr(tokenizer.decode([token])), f"{before[token]:.6f} -> {after[token]:.6f}")
"""
