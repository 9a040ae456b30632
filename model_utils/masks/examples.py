"""The examples, as data: a sentence, and which of its words are hidden or softened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from model_utils.masks.word_lists import match, ready_list
from model_utils.tokens.words import Word

FOX = "The quick brown fox jumps over the lazy dog."
MASK_TEXT = "[MASK]"


@dataclass(frozen=True, kw_only=True)
class MaskExample:
    """One example. `weights` gives words, counted from 0, their weight; all others have `rest`.

    `keep` names a ready list whose words stay while all others are hidden. `real` marks an example that needs OpenAI's
    GPT-2: the bundled model has hardly seen its words.
    """

    name: str
    text: str
    caption: str
    weights: Mapping[int, float] = field(default_factory=dict)
    rest: float = 1.0
    keep: str = ""
    real: bool = False

    def token_weights(self, words: Sequence[Word]) -> dict[int, float]:
        """Return the weight of each token of the sentence, whose words are `words`: every piece has its word's."""
        if self.keep:
            kept = match(words, ready_list(self.keep)).places
            by_word = {place: 1.0 if place in kept else 0.0 for place in range(len(words))}
        else:
            by_word = {place: self.weights.get(place, self.rest) for place in range(len(words))}
        return {token: by_word[place] for place, word in enumerate(words) for token in word.tokens}


EXAMPLES = (
    MaskExample(
        name="They shook their …",
        text="They shook their",
        caption="Hide “shook”: what was shaken is lost.",
        weights={1: 0.0},
    ),
    MaskExample(
        name="The door",
        text="They opened the door and saw a",
        caption="Hide “door”: the prediction was flat before, and stays so.",
        weights={3: 0.0},
    ),
    MaskExample(
        name="The white rabbit",
        text="The white rabbit looked at its watch. The queen called for the white",
        caption="Hide “rabbit”: the model can no longer copy it.",
        weights={2: 0.0},
    ),
    MaskExample(
        name="The silver key",
        text="The tall wizard gave the boy a silver key. The next day the tall wizard gave the boy a silver",
        caption="Hide the first “key”: the model can no longer copy it.",
        weights={8: 0.0},
    ),
    MaskExample(
        name="The fox, three words hidden",
        text=FOX,
        caption="Written elsewhere as “[MASK] [MASK] brown fox jumps [MASK] the lazy dog.”",
        weights={0: 0.0, 1: 0.0, 5: 0.0},
        real=True,
    ),
    MaskExample(
        name="quick 1, jumps 0.5, from lazy on 0",
        text=FOX,
        caption="Mask values belong to places in the sentence, not to words of the vocabulary.",
        weights={4: 0.5, 7: 0.0, 8: 0.0, 9: 0.0},
        real=True,
    ),
    MaskExample(
        name="quick 1, all else 0.5",
        text=FOX,
        caption="Emphasis is relative: softening all the others is the only way to lift one.",
        weights={1: 1.0},
        rest=0.5,
        real=True,
    ),
    MaskExample(
        name="The knight, without himself",
        text="The brave knight ventured into the dark forest.",
        caption="Hide “brave knight”: who ventured is lost.",
        weights={1: 0.0, 2: 0.0},
        real=True,
    ),
    MaskExample(
        name="Names only",
        text="Alice and Tom went to London with Mary, and Henry gave the key to",
        caption="Everything but the names is hidden.",
        keep="names",
    ),
    MaskExample(
        name="Feelings only",
        text="The happy boy was afraid of the dark, and his sister felt sad and",
        caption="Everything but the words of feeling is hidden.",
        keep="feelings",
    ),
)
BY_NAME = {example.name: example for example in EXAMPLES}
