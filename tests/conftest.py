"""Set up what every test shares: nothing but patience for slow machines."""

from hypothesis import settings

# A loaded machine is no bug of ours: the time of one example proves nothing.
settings.register_profile("hamseda", deadline=None)
# `make check` takes fewer examples than `make test`: one is for every minute, one for every commit.
settings.register_profile("quick", max_examples=20, deadline=None)
settings.load_profile("hamseda")
