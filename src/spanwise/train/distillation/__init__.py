"""Distillation: a small reader learns to answer as a large one does."""
