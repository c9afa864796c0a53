"""Settings of the property tests of this room."""

from hypothesis import settings

# A busy machine pauses any example for longer than hypothesis's 200 ms; these tests are about numbers, not time.
settings.register_profile("accubench", deadline=None)
settings.load_profile("accubench")
