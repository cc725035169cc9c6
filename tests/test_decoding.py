import subprocess
import sys

FRESH = """\
import sys, threading, types
import msgspec
from layerwise.decoding import decoder

sys.setswitchinterval(1e-6)
sys.modules["fresh"] = module = types.ModuleType("fresh")


def nested():
    names = ["Kind%d" % number for number in range(8)]
    for below, name in zip([None, *names], names):
        fields = {"part%d" % number: "int | None" for number in range(5)} | {"below": f"list[{below}] | None"}
        space = {"__annotations__": fields, "__module__": "fresh", **dict.fromkeys(fields)}
        kind = type(msgspec.Struct)(name, (msgspec.Struct,), space)
        setattr(module, name, kind)
    return kind


def decode(kind, barrier, found):
    barrier.wait()
    found.append(decoder(kind).decode(b'{"below":[{"part1":3}]}').below[0].part1)


for _ in range(100):
    kind, barrier, found = nested(), threading.Barrier(4), []
    threads = [threading.Thread(target=decode, args=(kind, barrier, found)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 4
"""


def test_threads_that_meet_a_type_at_once_do_not_crash_the_process():
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
