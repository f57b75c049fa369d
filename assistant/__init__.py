"""Xiaoben (小本): a voice assistant that lives wholly on your own machine."""

__version__ = "0.1.0"
