"""The commands, a module each; each holds a click command called `command`."""
