"""Read what a censor reads: headers, first packets and hellos of ordinary protocols.

Every function that ends in `_untrusted` takes any bytes. It raises nothing and gives None where the
bytes are something else.
"""
