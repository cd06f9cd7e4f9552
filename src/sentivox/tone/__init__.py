"""How it is said: acoustic features and the model that reads them."""
