"""ONNX graphs and tokenizers: what both models are run with."""
