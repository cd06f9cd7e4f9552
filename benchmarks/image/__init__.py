"""The container image, made and measured without a container engine."""
