"""The updates of a training: transformers' Trainer, its checkpoints, evaluations and reports."""
