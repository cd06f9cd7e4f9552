"""The language model of the embedded recogniser: counted, mixed with the stock one, pruned."""
