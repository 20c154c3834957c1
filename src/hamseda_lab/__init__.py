"""Cross real networks that lose, delay and block, on one machine: the lab.

It is part of the checkout and not of the release: nothing of `hamseda` imports it.
"""
