"""Sentences, graphemes, languages, plurals: what is known about text."""
