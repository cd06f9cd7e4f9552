"""Trains the tone model: folders of acted emotional speech in, ONNX and its sidecar out."""
