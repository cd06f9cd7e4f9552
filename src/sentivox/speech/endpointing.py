"""Where utterances begin and end: a pure state machine over window probabilities.

Contract (the implementation is to follow): times are absolute sample numbers.
"""
