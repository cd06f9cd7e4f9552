"""Build the container image and measure it, without a container engine."""
