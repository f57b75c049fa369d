"""The models' files: which there are, where they come from, whether they are whole."""

from assistant.weights.catalogue import Catalogue, Entry, load_catalogue
from assistant.weights.store import Store

__all__ = ["Catalogue", "Entry", "Store", "load_catalogue"]
