"""Train the tone model: from folders of acted emotional speech to an ONNX file and its sidecar."""
