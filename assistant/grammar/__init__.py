"""Sentences: what a template means, and which template a sentence fits."""
