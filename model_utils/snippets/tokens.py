"""The lines of transformers code that make a padded batch, and that continue its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_utils.snippets.filters import warpers
from model_utils.snippets.setup import preamble
from model_utils.tokens.batch import END_OF_TEXT_ID

if TYPE_CHECKING:
    from model_utils.generate.filters import SamplingSettings
    from model_utils.models.registry import ModelEntry


def tokens_code(entry: ModelEntry, texts: Sequence[str], *, side: str, pad_id: int) -> str:
    """Return the lines that print the padded batch of `texts` and each sentence's next words, read at the right place."""
    sentences = "".join(f"    {text!r},\n" for text in texts)
    other = f"ids = ids.masked_fill(mask == 0, {pad_id})  # the pads as chosen\n" if pad_id != END_OF_TEXT_ID else ""
    return (
        f"{preamble(entry)}\n"
        f"SENTENCES = [\n{sentences}]\n"
        f'tokenizer.padding_side = "{side}"\n'
        "tokenizer.pad_token = tokenizer.eos_token  # GPT-2 has no pad token of its own\n"
        "\n"
        'batch = tokenizer(SENTENCES, return_tensors="pt", padding=True)\n'
        'ids, mask = batch["input_ids"], batch["attention_mask"]\n'
        f"{other}"
        "positions = (mask.cumsum(-1) - 1).clamp(min=0) * mask  # forward() would count the pads too\n"
        'print("ids", ids.tolist())\n'
        'print("mask", mask.tolist())\n'
        'print("positions", positions.tolist())\n'
        "\n"
        "columns = torch.arange(mask.shape[1])\n"
        "last = (mask * columns).argmax(-1, keepdim=True)  # the last real token of each row\n"
        "with torch.inference_mode():\n"
        "    logits = model(\n"
        "        input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=last\n"
        "    ).logits[:, 0]\n"
        "for row in logits.softmax(-1):\n"
        "    chances, words = row.topk(5)\n"
        "    print([(tokenizer.decode([word]), round(chance, 4)) for word, chance in zip(words.tolist(), chances.tolist())])\n"
    )


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
    """
    sentences = "".join(f"    {text!r},\n" for text in texts)
    head = (
        f"{preamble(entry)}\n"
        f"SENTENCES = [\n{sentences}]\n"
        f"NEW_TOKENS = {steps}\n"
        f"SENTENCE, STEP = {sentence}, {step}  # of the picture, counted from 0\n"
        'tokenizer.padding_side = "left"\n'
        "tokenizer.pad_token = tokenizer.eos_token  # GPT-2 has no pad token of its own\n"
        "END = tokenizer.eos_token_id\n"
        "\n"
        'batch = tokenizer(SENTENCES, return_tensors="pt", padding=True)\n'
        'ids, mask = batch["input_ids"], batch["attention_mask"]\n'
    )
    body = _GREEDY if settings.greedy and not full else _warpers(settings) + _LOOP
    return head + body + _CANDIDATES


def _warpers(settings: SamplingSettings) -> str:
    """Return the lines that set up what turns scores into the probabilities of the draw, as transformers does it."""
    used = dict(warpers(settings))
    temperature, every = used.get("temperature", ""), ", ".join(used.values())
    return (
        "import numpy as np\n"
        "from transformers import LogitsProcessorList, MinPLogitsWarper, TemperatureLogitsWarper\n"
        "from transformers import TopKLogitsWarper, TopPLogitsWarper\n"
        "\n"
        f"SEED, SAMPLE = {settings.seed}, 0\n"
        f"temperature = LogitsProcessorList([{temperature}])\n"
        f"filters = LogitsProcessorList([{every}])\n"
    )


_GREEDY = """
out = model.generate(
    input_ids=ids, attention_mask=mask, max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=END,
    return_dict_in_generate=True, output_logits=True,
)
texts = [row[: row.index(END) + 1] if END in row else row for row in out.sequences[:, ids.shape[1] :].tolist()]
before = out.logits[STEP][SENTENCE].softmax(-1)
after = torch.zeros_like(before)
after[before.argmax()] = 1
"""

_LOOP = '''

def draw(scores, step):
    """Score plus Gumbel noise, the largest wins: a draw from the softmax. The noise depends on seed and step alone."""
    stream = np.random.Generator(np.random.Philox(key=[SEED, SAMPLE], counter=[0, 0, 0, step]))
    noise = -np.log(-np.log(np.maximum(stream.random(scores.shape[-1]), 2.0**-54)))
    return (scores.double().numpy() + noise).argmax(-1).tolist()


lengths = mask.sum(-1)
positions = (mask.cumsum(-1) - 1).clamp(min=0)  # forward() would count the pads too
texts, going, cache = [[] for _ in SENTENCES], [True for _ in SENTENCES], None
for step in range(NEW_TOKENS):
    with torch.inference_mode():
        out = model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True,
            logits_to_keep=1,
        )
        cache, scores = out.past_key_values, out.logits[:, -1].float()
        kept = filters(None, scores)
        if step == STEP:
            before, after = temperature(None, scores)[SENTENCE].softmax(-1), kept[SENTENCE].softmax(-1)
    drawn = draw(kept, step)
    for row, token in enumerate(drawn):
        if going[row]:
            texts[row].append(token)
            going[row] = token != END and lengths[row] + len(texts[row]) < model.config.n_positions
    alive = torch.tensor(going).long()[:, None]
    ids = torch.tensor(drawn)[:, None] * alive + END * (1 - alive)  # a text that has ended fills with masked pads
    mask = torch.cat([mask, alive], dim=-1)
    positions = torch.tensor([[int(lengths[row]) + len(texts[row]) - 1] for row in range(len(texts))])
    if not any(going):
        break
'''

_CANDIDATES = """
for row in texts:
    print(row, repr(tokenizer.decode(row)))
for token in before.topk(50).indices.tolist():
    print(token, repr(tokenizer.decode([token])), f"{before[token]:.6f} -> {after[token]:.6f}")
"""
