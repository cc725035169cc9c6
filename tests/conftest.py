import os
import signal

import pytest
from hypothesis import settings

# A machine that does other work too is slow at times, and that is no fault of the code. CI takes the same examples
# every time, so that a run there says something about the change and not about luck; anyone else looks further.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# A shell starts what runs in its background with interrupts ignored, and so would be every command that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_store_of_the_developer(tmp_path_factory, monkeypatch):
    """Recorded builds of the machine's user would change what is printed, and no test may add to them."""
    monkeypatch.setenv("LAYERWISE_STORE", f"sqlite:///{tmp_path_factory.mktemp('store')}/builds.db")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
