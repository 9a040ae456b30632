"""What a reader of a page can put right.

    ReaderError                one clear sentence: what is wrong and the way out
    ├── InputError             text, a number or a link parameter outside its bounds
    └── ModelError             a model that cannot be shown
        ├── ModelMissingError  it is neither on this computer nor to be fetched
        ├── ModelDamagedError  its files are there but cannot be used
        ├── ModelTooLargeError it needs more memory than is free
        └── ModelLostError     the computers that run it do not answer, or stopped in the middle

Pages show these as a sentence. Anything else is a bug: it goes to the log and the page says so.
"""


class ReaderError(Exception):
    """One clear sentence for the reader: what is wrong, and the way out."""


class InputError(ReaderError):
    """Text, a number or a link parameter is outside its bounds."""


class ModelError(ReaderError):
    """A model cannot be shown."""


class ModelMissingError(ModelError):
    """The model is neither on this computer nor can it be fetched."""


class ModelDamagedError(ModelError):
    """The model's files are there but cannot be used."""


class ModelTooLargeError(ModelError):
    """The model needs more memory than is free."""


class ModelLostError(ModelError):
    """The computers that run the model do not answer, or stopped in the middle: the same again may go well."""
