"""What are people told, in English and in Chinese? Sentences with their arguments, and one catalogue."""

from wording.errors import WordedError
from wording.wording import Value, Wording, any_of, joined, verbatim

__all__ = ["Value", "WordedError", "Wording", "any_of", "joined", "verbatim"]
