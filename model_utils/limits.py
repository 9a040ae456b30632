"""Every bound on what a reader may ask for, each with its reason."""

# A batch is read on one screen; 16 rows of a table still are, and 16 x 64 tokens run within a second on two cores.
MAX_SENTENCES = 16

# Enough for a sentence at GPT-2's full 1,024 tokens in every row of a small batch; tokenizing it takes milliseconds.
MAX_CHARACTERS = 20_000

# A file with sentences: many times what of it can be shown, so that a teacher's list need not be cut first.
MAX_FILE_BYTES = 1_000_000

# Proxies often cap an address near 8 kB; above this the text stays in the session and the page says so.
MAX_LINK_CHARACTERS = 4_000

# At some 30 ms a step on GPT-2 124M this is a few seconds of streaming, and longer texts are not read on a projector.
MAX_NEW_TOKENS = 200

# Settings compared at once, and samples of each: their texts still stand on one screen, their 96 lanes in one batch.
MAX_SETTINGS = 12
MAX_SAMPLES = 8

# Texts of one model that are compared at once, over all sentences, settings and samples: those of 12 settings with 8 samples.
MAX_TEXTS = MAX_SETTINGS * MAX_SAMPLES

# The most MB of a file with a saved comparison: the largest, 192 texts of 200 tokens by two models, has some 11 MB.
MAX_RUN_MB = 16

# Groups of values in such a file: some 40,000 tokens are one each, and their texts may hold brackets.
MAX_BRACKETS = 200_000

# Saved comparisons that a session keeps at once, and the most MB of all their files.
MAX_PINNED = 8
MAX_PINNED_MB = 24

# Beams of a beam search: the tree of 12 still can be read, and 16 sentences of 12 are 192 rows.
MAX_BEAMS = 12

# Draws of one step that are counted together: 200 of them take some 0.2 s.
MAX_DRAWS = 1_000

# The largest seed that a number box of the browser holds exactly and every generator takes.
MAX_SEED = 2**31 - 1

# Tokens of a window, or first tokens: all that GPT-2 reads.
MAX_PATTERN_TOKENS = 1_024

# The most MB (10**6 bytes) that the keys and values of all lanes of one batch may take: 96 lanes of GPT-2 at 140 tokens.
MAX_CACHE_MB = 1_024

# The share of the free memory that all runs of the server may take together: the rest is for models, pages and others.
RUNS_SHARE = 0.25

# MB of a run from which freed memory goes back to the system every ten steps: allocators keep what has grown piece by piece,
# and 96 texts of 100 words were seen to leave 1,200 MB behind. It takes 0.05 s, which small runs need not spend.
MANY_MB = 100

# The most MB of logits, keys and values of prompts read lately that a model's prefix cache keeps, beside its weights:
# GPT-2 at its full 1,024 tokens has 76 MB.
MAX_PREFIX_CACHE_MB = 96

# Columns of the token table that are drawn at once; gaps between cells vanish above this.
TABLE_WINDOW = 64

# Attention weights of a whole batch, in MB of float32, that are computed in one pass; above it one sentence at a time.
MAX_ATTENTION_MB = 256

# The most MB of float32 attention that one sentence may take: GPT-2 and GPT-2 medium at their full 1,024 tokens (604 and
# 1,611 MB) fit; for larger models the sentence must be shorter.
MAX_SENTENCE_MB = 2_048

# Batches up to this many MB of attention are kept for many sessions at once, larger ones for a few.
SMALL_ATTENTION_MB = 8

# Above this many MB one sentence's weights are kept in half precision (GPT-2 at 1,024 tokens: 604 MB become 302).
FULL_PRECISION_MB = 256

# Characters of a word whose merges are drawn: one row per merge and one column per byte still scroll comfortably.
MAX_WORD_CHARACTERS = 64

# Multiplications and additions that a page spends without being asked: some 5 s on two cores.
UNASKED_OPERATIONS = 8e11

# Multiplications and additions that two cores manage in a second with GPT-2's matrices.
OPERATIONS_PER_SECOND = 1.6e11

# Tokens of a sentence whose words are hidden one after another, a row each: 128 rows x 128 tokens take some 2 s.
MAX_SWEEP_TOKENS = 128

# Words that a text must not say: a handful is the use, and each is a comparison or two a step.
MAX_BAD_WORDS = 50

# Entries of a typed list of words: it still can be read.
MAX_LIST_WORDS = 500

# The most MB of a file of settings in a model folder: GPT-2's own are of some kB, and reading blocks everybody.
MAX_JSON_MB = 16

# The most labels of a classifier that the configuration of a model folder may name.
MAX_LABELS = 10_000

# What the operating system and the running app need beside the weights, in MB, before a model may be loaded.
MEMORY_RESERVE_MB = 500


def attention_megabytes(layers: int, heads: int, tokens: int, sentences: int = 1) -> float:
    """Return the size in MB (10**6 bytes) of float32 attention weights `[sentences, layers, heads, tokens, tokens]`."""
    return sentences * layers * heads * tokens * tokens * 4 / 1e6
