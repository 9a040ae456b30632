"""The examples of the Generate page, as data: sentences, how they are continued, which words are hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_utils.generate.filters.filter_settings import SETTINGS
from model_utils.masks.examples import FOX

KNIGHT = "The brave knight ventured into the dark forest."
RABBIT = "The white rabbit looked at its watch. The queen called for the white"
NEWS = (
    "The bridge over the river was closed on Monday after a truck had damaged two of its pillars. Engineers will look at "
    "them this week, and the town hopes to open one lane before the market on Saturday. Until then buses go by the old "
    "mill road, which takes twenty minutes more."
)


@dataclass(frozen=True, kw_only=True)
class TextExample:
    """One example. `hidden` are words (counted from 0) of the last line that the mask hides; `real` needs OpenAI's GPT-2.

    `controls` are published controls and their values; those of EXAMPLE_CONTROLS that it does not name go back to their defaults.
    """

    name: str
    text: str
    caption: str
    controls: Mapping[str, float | int | str] = field(default_factory=dict)
    hidden: tuple[int, ...] = ()
    real: bool = False

    @property
    def sentence(self) -> int:
        """Return the sentence whose words are hidden: the last line."""
        return self.text.count("\n") if self.hidden else 0


EXAMPLE_CONTROLS = (
    *SETTINGS,
    "num_beams",
    "length_penalty",
    "early_stopping",
    "max_new_tokens",
    "drop_after",
    "pattern",
    "width",
    "first",
)
GREEDY = {"temperature": 0.0}
ONCE, GIRL, DOOR = "Once upon a time there was a", "She was a little girl, and she", "They opened the door and saw a"

TEXT_EXAMPLES = (
    TextExample(
        name="Three sentences, one batch",
        text="It will rain in the\nI want to eat a big bowl of\nMy dog is",
        caption="Padded on the left, decoded row by row: greedy, so that every run gives the same.",
        controls=GREEDY,
    ),
    TextExample(
        name="Sure and unsure",
        text="They shook their\nThey opened the door and saw a\nIn the middle of the",
        caption="One token has nearly all the probability, or hundreds share it: watch what top-p leaves.",
        controls={"top_k": 0, "top_p": 0.9},
    ),
    TextExample(
        name="Once upon a time",
        text=ONCE,
        caption="A story from old books, sampled.",
        controls={"max_new_tokens": 80},
    ),
    TextExample(
        name="The rabbit, with and without him",
        text=f"{RABBIT}\n{RABBIT}",
        caption="The same text twice; in the second “rabbit” is hidden, so that there is nothing to copy.",
        controls=GREEDY | {"max_new_tokens": 12},
        hidden=(2,),
    ),
    TextExample(
        name="Beams repeat",
        text=GIRL,
        caption="Four beams find the likeliest text, and it says the same again and again: step back through the tree.",
        controls={"num_beams": 4},
    ),
    TextExample(
        name="Beams, cured",
        text=GIRL,
        caption="The same four beams, but no two tokens may follow each other twice: every step says what was banned.",
        controls={"num_beams": 4, "no_repeat_ngram_size": 2},
    ),
    TextExample(
        name="A penalty against repetition",
        text=GIRL,
        caption="Greedy repeats itself here without end; each token said before has its score worsened by 1.3. Try 1.",
        controls=GREEDY | {"repetition_penalty": 1.3},
    ),
    TextExample(
        name="A ban against repetition",
        text=GIRL,
        caption="The same, with a ban in place of the penalty: tokens may come again, two of them in a row may not.",
        controls=GREEDY | {"no_repeat_ngram_size": 2},
    ),
    TextExample(
        name="Typical, not likeliest",
        text=DOOR,
        caption="Typical-p cuts even the likeliest token, which says too little; top-p 0.5 in its place would begin with it.",
        controls={"top_k": 0, "top_p": 1.0, "typical_p": 0.5},
    ),
    TextExample(
        name="From nothing",
        text="<|endoftext|>",
        caption="Only end-of-text stands before it: what the model says unasked, long, to compare k and p.",
        controls={"max_new_tokens": 200},
    ),
    TextExample(
        name="The knight, with and without himself",
        text=f"{KNIGHT}\n{KNIGHT}",
        caption="Twice with the same random numbers; in the second “brave knight” is hidden: is the story still his?",
        hidden=(1, 2),
        real=True,
    ),
    TextExample(
        name="The fox, with and without three words",
        text=f"{FOX}\n{FOX}",
        caption="Twice with one seed; in the second “The”, “quick” and “over” are hidden.",
        hidden=(0, 1, 5),
        real=True,
    ),
    TextExample(
        name="A summary: TL;DR",
        text=f"{NEWS}\\nTL;DR:",
        caption="GPT-2's way to be asked for a summary (Radford et al. 2019, section 3.6): top-k with k = 2, 100 tokens.",
        controls={"top_k": 2, "top_p": 1.0, "max_new_tokens": 100},
        real=True,
    ),
)
BY_NAME = {example.name: example for example in TEXT_EXAMPLES}
