"""Tokens page: sentences in, the padded batch that GPT-2 reads out, and what goes wrong without mask or positions."""

from pages.common import cache, frame, unseen_tokens
from pages.tokens import table, views

page = frame.open_page("Tokens", "Sentences become rows of numbers; short rows are padded until all are equally long.")

key = batch = None
with frame.reader_errors():
    key = table.controlled_key(page)
    batch = cache.token_batch(key)
    table.table(batch)
    table.say_what_is_shown(batch)
    unseen_tokens.badges(page.model, batch)
    table.take_home(page, key)
views.draw(page, key, batch)
