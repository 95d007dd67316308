"""What every model needs: devices, tokenizers, weights, ONNX graphs, where the defaults are."""
