"""Wire protocols a connection may use, one module each; `v1` is Sentivox's own."""
