import os

from hypothesis import settings

# A machine that does other work too is slow at times, and that is no fault of the code. CI takes the same examples
# every time, so that a run there says something about the change and not about luck; anyone else looks further.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
