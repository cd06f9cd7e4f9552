"""Wyoming over TCP and Unix sockets: connections with rounds of audio, and who listens for them."""
