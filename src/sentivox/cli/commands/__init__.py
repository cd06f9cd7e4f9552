"""The subcommands, one module each, which holds a click command named `command`."""
