"""The terms that the pages use, in one or two sentences each, and where a sentence names them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# In the order in which a text meets them. Each is also found under the forms in `_FORMS`.
TERMS = {
    "token": "A piece of text that the model reads as one unit: a word, a part of one, or a sign. A space before a word "
    "belongs to its token; GPT-2 knows 50,257 of them.",
    "batch": "Several texts that go through the model together, a row each: tensors of shape [batch, tokens].",
    "padding": "Tokens without meaning that fill up the shorter rows of a batch, so that all rows are equally long.",
    "attention mask": "What says which tokens may be read. In the library transformers, attention_mask is one number a "
    "token: 1 may be read, 0, as for padding, may not.",
    "causal": "Under a causal mask every token reads itself and the tokens before it, and none that comes later. GPT-2 was "
    "trained under one.",
    "head": "One of several attentions that work side by side in a layer. For each token it has weights that add up to 1: "
    "how much it reads from each token that it may read.",
    "score": "How well a token fits what another one asks for: the dot product of that one's query and its own key, divided by "
    "the square root of their length. Every head makes queries and keys of its own from each token.",
    "attention weight": "A score after the mask and softmax: the share that a token is read with. Those of a row "
    "add up to 1.",
    "fill value": "The number that stands in for a blocked score, such as the smallest of float32, so that its exponential, "
    "and with it the attention weight, is 0.",
    "value vector": "What a token hands on where it is read. A head's output for a row is the sum of all value "
    "vectors, each times its attention weight.",
    "induction": "What a head does that reads the token after an earlier copy of the present one: it expects what came next "
    "the last time.",
    "rollout": "Attention over several layers: their weights, averaged over heads and half of each left with the token "
    "itself, multiplied layer by layer.",
    "layer": "One of the blocks that a model is stacked of, each working on what the one before hands on: attention first, "
    "then a small network at each token.",
    "logit": "The number, of any size, that the model gives to each token of its vocabulary as the next one. Softmax turns "
    "all of them into probabilities.",
    "softmax": "Turns numbers into shares that add up to 1: the exponential of each, divided by the sum of all "
    "exponentials.",
    "entropy": "How uncertain a prediction is, in bits: the mean of −log₂ of a token's probability over all tokens, "
    "weighted by that probability. 0 is certain; n equally likely tokens have log₂ n bits.",
    "surprise": "−log₂ of the probability that the model gave to the token that came, in bits. Its mean over a text, in nats "
    "(natural logarithm), is the loss of training.",
    "total variation": "By how much two predictions differ: half the sum of all differences between their probabilities. "
    "“The prediction changed by 30 %” means that 30 % of the probability is with other tokens now.",
    "sampling": "Drawing the next token by chance, each with its probability. Temperature, top-k and top-p are settings of it.",
    "temperature": "The logits are divided by it before softmax. Below 1 likely tokens become likelier still, above 1 all "
    "come closer together; their order stays.",
    "top-k": "Keeps the k likeliest tokens, and more only where they tie; no other can be drawn.",
    "top-p": "Keeps the fewest tokens, the likeliest first, whose probabilities add up to at least p; no other can be drawn.",
    "seed": "Where the generator of random numbers starts: with the same seed and settings the same text is drawn again.",
    "noise": "The random numbers of a draw, one for each token and step (Gumbel noise). Added to the logits they make the "
    "draw: the token with the largest sum is drawn. Rows of one seed share them.",
    "log-probability": "The logarithm of a probability: 0 is certain, and the less likely, the lower. That of a text is the "
    "sum over its tokens.",
    "greedy": "Always takes the likeliest token: nothing is drawn, and filters change nothing.",
    "beam search": "Keeps the n texts with the highest sum of log-probabilities at each step, and returns the best one that "
    "ended. Nothing is drawn.",
}
_FORMS = {
    "tokens": "token",
    "pads": "padding",
    "padded": "padding",
    "mask": "attention mask",
    "masks": "attention mask",
    "attention masks": "attention mask",
    "causal mask": "causal",
    "pad": "padding",
    "scores": "score",
    "attention weights": "attention weight",
    "heads": "head",
    "layers": "layer",
    "logits": "logit",
    "uncertainty": "entropy",
    "sampling settings": "sampling",
    "fill values": "fill value",
    "attention rollout": "rollout",
    "loss": "surprise",
    "random numbers": "noise",
    "log-probabilities": "log-probability",
} | {term: term for term in TERMS}
_ANY = re.compile(
    rf"(?<![\w-])({'|'.join(sorted(map(re.escape, _FORMS), key=len, reverse=True))})(?![\w-])", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a sentence, and the term that it names, nothing for the text between terms."""

    text: str
    term: str = ""


def parts(sentence: str, known: frozenset[str] = frozenset()) -> list[Part]:
    """Return `sentence` in parts, the first mention of each term that is not `known` apart."""
    found, end, named = [], 0, set(known)
    for mention in _ANY.finditer(sentence):
        term = _FORMS[mention[0].lower()]
        if term in named:
            continue
        named.add(term)
        if mention.start() > end:
            found.append(Part(text=sentence[end : mention.start()]))
        found.append(Part(text=mention[0], term=term))
        end = mention.end()
    return [*found, Part(text=sentence[end:])] if end < len(sentence) else found
