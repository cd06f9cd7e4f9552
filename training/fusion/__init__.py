"""How the default fusion was derived, and how the rules compare."""
