"""How channels, times and files are called where people read them."""
