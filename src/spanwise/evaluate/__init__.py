"""Measures and reports: SQuAD's official metric, a reader alone, a whole corpus."""
