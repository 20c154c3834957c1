"""Set up what every test shares: nothing but patience for slow machines."""

from hypothesis import settings

# A loaded machine is no bug of ours: the time of one example proves nothing.
settings.register_profile("hamseda", deadline=None)
settings.load_profile("hamseda")
