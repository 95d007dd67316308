"""ONNX graphs that read their weights from a model's safetensors file: writing them, and running them."""
