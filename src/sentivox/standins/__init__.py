"""Models of the true architecture and random weights, made where the real ones are out of reach.

They understand nothing and take as long as the real ones: enough for timings and tests, and for
nothing else. Whoever shows a figure of one says that it is one.
"""
