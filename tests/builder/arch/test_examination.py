import io
import threading
from dataclasses import replace

import pytest
from tests.builder.arch.elves import elf, library, object_file
from tests.prove.images import Entry, file, folder, gone, hard_link, image, symlink

from layerwise.builder.arch.examination import examine
from layerwise.builder.arch.layers import scan_layers
from layerwise.builder.arch.scans import NO_SCANS, StoredScans
from layerwise.errors import RegistryError

LOADER = "/lib/ld-linux-aarch64.so.1"
MUSL = "/lib/ld-musl-aarch64.so.1"


def program(name: str, content: bytes | str = b"") -> Entry:
    return file(name, content or elf(), mode=0o755)


def made(*layers, entrypoint=(), cmd=(), env=(), cwd="", history=None):
    settings = {"Entrypoint": list(entrypoint) or None, "Cmd": list(cmd) or None, "Env": list(env), "WorkingDir": cwd}
    steps = history if history is not None else [f"COPY {index} /" for index in range(len(layers))]
    config = {"config": settings, "history": [{"created_by": one} if isinstance(one, str) else one for one in steps]}
    return image(*layers, config=config)


def examined(*layers, platform="linux/arm64", scans=NO_SCANS, **settings):
    one = made(*layers, **settings)
    return examine(one, platform, scan_layers(one.layers, scans, lambda _: None))


def sound(found):
    return (found.refusals, found.warnings, found.notes) == ((), (), ())


# ---- entrypoints -----------------------------------------------------------------------------------------------------


def test_a_program_for_the_platform_is_right():
    found = examined([program("app")], entrypoint=["/app"])
    assert sound(found)
    assert found.programs == 1


def test_a_program_for_another_machine_is_refused_with_the_step_that_brought_it():
    found = examined(
        [folder("etc")], [program("usr/bin/app", elf("amd64"))], [program("x")], cmd=["app"], env=["PATH=/usr/bin:/bin"],
        history=["FROM base", {"created_by": "ENV A=b", "empty_layer": True}, "COPY app /usr/bin/app # buildkit", "RUN z"],
    )  # fmt: skip
    assert found.refusals == (
        (
            "/usr/bin/app, its command, is built for amd64 and does not run on linux/arm64; "
            "`COPY app /usr/bin/app` (layer 2 of 3) brought it: build or fetch it there for linux/arm64"
        ),
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("RUN /bin/sh -c make install # buildkit", "`RUN make install` (layer 1 of 1)"),
        ("RUN |2 A=b C=d /bin/sh -c make # buildkit", "`RUN make` (layer 1 of 1)"),
        ("/bin/sh -c #(nop) ADD file:123 in / ", "`ADD file:123 in /` (layer 1 of 1)"),
        ("/bin/sh -c make", "`RUN make` (layer 1 of 1)"),
        ("", "layer 1 of 1"),
    ],
)
def test_the_step_is_shown_as_it_was_written(written, shown):
    found = examined([program("app", elf("amd64"))], entrypoint=["/app"], history=[written])
    assert f"; {shown} brought it" in found.refusals[0]


@pytest.mark.parametrize("history", [[], ["a", "b"]])
def test_a_history_that_does_not_fit_leaves_the_layer(history):
    found = examined([program("app", elf("amd64"))], entrypoint=["/app"], history=history)
    assert "; layer 1 of 1 brought it" in found.refusals[0]


@pytest.mark.parametrize(("machine", "fits"), [("amd64", True), ("386", True), ("arm64", False), ("riscv64", False)])
def test_amd64_runs_programs_of_386_too(machine, fits):
    found = examined([program("app", elf(machine))], entrypoint=["/app"], platform="linux/amd64")
    assert (found.refusals == ()) is fits


@pytest.mark.parametrize(
    ("platform", "machine"),
    [("linux/arm/v7", "arm"), ("linux/arm64/v8", "arm64"), ("linux/s390x", "s390x"), ("linux/386", "386")],
)
def test_each_platform_has_its_machine(platform, machine):
    assert sound(examined([program("app", elf(machine))], entrypoint=["/app"], platform=platform))
    assert examined([program("app", elf("amd64"))], entrypoint=["/app"], platform=platform).refusals


@pytest.mark.parametrize(("head", "kind"), [(b"MZ", "Windows"), (b"\xcf\xfa\xed\xfe", "macOS")])
def test_a_program_for_another_system_is_refused(head, kind):
    found = examined([program("app", head + bytes(200))], entrypoint=["/app"])
    assert f"/app, its entrypoint, is a program for {kind} and does not run on linux/arm64" in found.refusals[0]


def test_a_path_without_a_slash_in_front_is_below_the_working_directory():
    assert examined([program("srv/app", elf("amd64"))], entrypoint=["./app"], cwd="/srv").refusals


def test_links_are_followed_and_the_file_is_named():
    layers = (
        [folder("usr/bin"), symlink("bin", "usr/bin"), symlink("usr/bin/sh", "dash")],
        [program("usr/bin/dash", elf("amd64"))],
    )
    (refusal,) = examined(*layers, cmd=["/bin/sh"]).refusals
    assert refusal.startswith("/usr/bin/dash, its command,")


def test_a_hard_link_is_the_file_that_it_links_to():
    assert examined([program("a", elf("amd64")), hard_link("b", "a")], cmd=["/b"]).refusals
    assert examined([program("a", elf("amd64"))], [hard_link("b", "a")], cmd=["/b"]).refusals


def test_the_file_of_the_uppermost_layer_counts():
    below = [program("app", elf("amd64"))]
    assert sound(examined(below, [program("app")], entrypoint=["/app"]))
    assert "is not in it" in examined(below, [gone("app")], entrypoint=["/app"]).notes[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "it has no entrypoint and no command, so nothing of it is known to start"),
        ({"cmd": ["app"]}, "app, its command, is not in it"),
        ({"entrypoint": ["/a/b"]}, "/a/b, its entrypoint, is not in it"),
    ],
)
def test_what_cannot_be_told_is_noted_and_refuses_nothing(settings, said):
    found = examined([folder("x")], **settings)
    assert (found.refusals, found.notes) == ((), (said,))


def test_links_that_lead_in_a_circle_are_no_program():
    assert examined([symlink("a", "b"), symlink("b", "a")], cmd=["/a"]).notes == ("/a, its command, is not in it",)
    assert examined([symlink("a", "b"), symlink("b", "a")], cmd=["/a/x"]).notes == ("/a/x, its command, is not in it",)


@pytest.mark.parametrize("platform", ["windows/amd64", "linux/wasm", "freebsd/arm64"])
def test_a_platform_whose_programs_are_not_known_is_noted(platform):
    found = examined([program("app")], entrypoint=["/app"], platform=platform)
    assert found.notes == (f"its programs are not looked at: layerwise does not know those of {platform}",)


def test_a_layer_that_is_no_tar_is_noted():
    one = image(b"wasm" * 1000, config={"config": {"Cmd": ["/a"]}})
    found = examine(one, "linux/arm64", scan_layers(one.layers, NO_SCANS, lambda _: None))
    assert found.notes == ("its programs can't be looked at: layer 1: it is no tar",)


# ---- scripts and wrappers --------------------------------------------------------------------------------------------

SHELL = [program("bin/sh"), program("usr/bin/env")]


def test_the_interpreter_of_a_script_must_fit():
    layers = [program("run", "#!/opt/python -u\n"), program("opt/python", elf("amd64"))]
    (refusal,) = examined(layers, entrypoint=["/run"]).refusals
    assert refusal.startswith("/opt/python, the interpreter of /run, is built for amd64")


@pytest.mark.parametrize(
    "line", ["#!/usr/bin/env python", "#! /usr/bin/env -S python -u", "#!/usr/bin/env -S A=b python\r"]
)
def test_env_is_looked_through(line):
    layers = [*SHELL, program("run", f"{line}\n"), program("usr/bin/python", elf("amd64"))]
    (refusal,) = examined(layers, entrypoint=["/run"]).refusals
    assert refusal.startswith("/usr/bin/python, started by env, is built for amd64")


@pytest.mark.parametrize(
    "words",
    [
        "tini -- app", "/usr/bin/tini -g -p SIGTERM app --flag", "dumb-init -r 15:3 -- app", "docker-init -- app",
        "env A=b C=d app", "env -u X -C /srv app", "nice -n 5 app", "gosu nobody app", "su-exec 1000:1000 app",
        "timeout -k 5 60 app", "setpriv --reuid 5 --clear-groups app", "stdbuf -oL app", "tini -- gosu nobody nice app",
        "exec-not-known app", "catatonit -- app", "nohup app", "setsid app", "s6-setuidgid web app",
    ],
)  # fmt: skip
def test_wrappers_are_looked_through(words):
    command = words.split()
    names = ("tini dumb-init docker-init env nice gosu su-exec timeout setpriv stdbuf catatonit nohup setsid "
             "s6-setuidgid exec-not-known")  # fmt: skip
    layers = [program("usr/bin/app", elf("amd64"))] + [program(f"usr/bin/{name}") for name in names.split()]
    found = examined(layers, entrypoint=command)
    assert bool(found.refusals) is (command[0] != "exec-not-known")


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("app --flag", True),
        ("exec app $OPTIONS", True),
        ("exec -a name app", True),
        ("A=b app", True),
        ("migrate && exec app", True),
        ("migrate; app", True),
        ("migrate | app", True),
        ("cd /srv && ./other", True),
        ("$HOME_OF_IT/other", True),
        ('"${HOME_OF_IT}/other" -x', True),
        ("exec gosu nobody app", True),
        ("set -e; ulimit -n 5; exec nice app", True),
        ("migrate || app", False),
        ("'cd' nowhere-but 2>/dev/null; A=b; app", True),
    ],
)
def test_a_shell_is_looked_through_where_all_goes_well(text, refused):
    layers = [
        *SHELL, program("usr/bin/migrate"), program("usr/bin/gosu"), program("usr/bin/nice"),
        program("usr/bin/app", elf("amd64")), program("srv/other", elf("amd64")),
    ]  # fmt: skip
    found = examined(layers, cmd=["/bin/sh", "-c", text], env=["HOME_OF_IT=/srv"])
    assert (bool(found.refusals), found.notes) == (refused, ())


@pytest.mark.parametrize("text", ["if x; then app; fi", "$UNKNOWN/app", "for a in 1; do app; done", "echo 'open"])
def test_what_a_shell_decides_for_itself_is_noted(text):
    found = examined([*SHELL, program("usr/bin/app", elf("amd64"))], cmd=["/bin/sh", "-c", text])
    assert found.refusals == ()
    assert found.notes == (f"what `{text}` starts is not followed in all its branches",)


def test_the_command_of_an_entrypoint_that_is_a_script_is_looked_at_too():
    layers = [*SHELL, program("entry.sh", '#!/bin/sh\nexec "$@"\n'), program("usr/bin/app", elf("amd64"))]
    (refusal,) = examined(layers, entrypoint=["/entry.sh"], cmd=["app", "-x"]).refusals
    assert refusal.startswith("/usr/bin/app, its command, is built for amd64")
    assert examined(layers, entrypoint=["/entry.sh"], cmd=["serve"]).refusals == ()
    layers.append(program("usr/bin/tini"))
    assert examined(layers, entrypoint=["tini", "--", "/entry.sh"], cmd=["app"]).refusals


def test_arguments_of_a_program_are_no_programs():
    layers = [program("usr/bin/node"), program("usr/bin/app", elf("amd64"))]
    assert examined(layers, entrypoint=["node"], cmd=["app"]).refusals == ()


def test_scripts_that_start_each_other_come_to_an_end():
    assert examined([program("a", "#!/b\n"), program("b", "#!/a\n")], cmd=["/a"]).refusals == ()


# ---- interpreters and libraries --------------------------------------------------------------------------------------


def linked(*needed: str, interpreter=LOADER, **rest) -> bytes:
    return elf(interpreter=interpreter, needed=needed, **rest)


def base(*more, interpreter=LOADER):
    return [program(interpreter[1:], library()), *more]


def test_a_library_for_another_machine_is_refused():
    layers = base(file("usr/lib/libssl.so.3", library("amd64"))), [program("app", linked("libssl.so.3"))]
    (refusal,) = examined(*layers, entrypoint=["/app"]).refusals
    assert refusal.startswith("/usr/lib/libssl.so.3, a library that /app needs, is built for amd64 and does not run")
    assert "`COPY 0 /` (layer 1 of 2)" in refusal


def test_a_library_of_a_library_is_looked_at():
    layers = base(file("lib/liba.so", library("arm64", "libb.so")), file("lib/libb.so", library("amd64")))
    (refusal,) = examined([*layers, program("app", linked("liba.so"))], entrypoint=["/app"]).refusals
    assert refusal.startswith("/lib/libb.so, a library that /lib/liba.so needs, is built for amd64")


def test_libraries_that_need_each_other_come_to_an_end():
    layers = base(file("lib/a.so", library("arm64", "b.so")), file("lib/b.so", library("arm64", "a.so")))
    found = examined([*layers, program("app", linked("a.so"))], entrypoint=["/app"])
    assert sound(found)
    assert found.programs == 4


def test_the_interpreter_of_a_program_must_fit():
    (refusal,) = examined([program(LOADER[1:], library("amd64")), program("app", linked())], cmd=["/app"]).refusals
    assert refusal.startswith(f"{LOADER}, the interpreter of /app, is built for amd64")


def test_an_interpreter_and_a_library_that_are_not_there_are_noted():
    found = examined([program("app", linked("liba.so"))], cmd=["/app"])
    assert found.refusals == ()
    assert found.notes == (
        f"{LOADER}, the interpreter of /app, is not in it",
        "the library liba.so that /app needs is not in it",
    )


def test_the_libraries_of_a_foreign_program_are_not_asked_for():
    found = examined([program("app", elf("amd64", needed=("liba.so",), interpreter="/lib64/ld.so"))], cmd=["/app"])
    assert len(found.refusals) == 1
    assert found.notes == ()


def test_a_program_of_386_needs_libraries_of_386():
    content = elf("386", needed=("libc.so.6",), interpreter="/lib/ld-linux.so.2")
    layers = [program("lib/ld-linux.so.2", library("386")), file("lib/libc.so.6", library("amd64"))]
    (refusal,) = examined([*layers, program("a", content)], cmd=["/a"], platform="linux/amd64").refusals
    assert refusal.startswith("/lib/libc.so.6, a library that /a needs, is built for amd64")


@pytest.mark.parametrize(
    ("place", "settings"),
    [
        ("lib/aarch64-linux-gnu", {}),
        ("usr/lib/aarch64-linux-gnu", {}),
        ("lib64", {}),
        ("opt/own", {"runpath": "/nowhere:/opt/own"}),
        ("opt/own", {"rpath": "/opt/own"}),
        ("srv/app/lib", {"runpath": "$ORIGIN/../lib"}),
        ("srv/app/lib", {"rpath": "${ORIGIN}/../lib"}),
        ("opt/lib64", {"runpath": "/opt/$LIB"}),
    ],
)
def test_a_library_is_found_where_the_loader_of_glibc_looks(place, settings):
    layers = base(file(f"{place}/liba.so", library()), program("srv/app/bin/app", linked("liba.so", **settings)))
    found = examined(layers, entrypoint=["/srv/app/bin/app"])
    assert sound(found)
    assert found.programs == 3


def test_a_library_is_found_by_ld_so_conf_and_what_it_includes():
    layers = base(
        file("etc/ld.so.conf", "# comment\ninclude /etc/ld.so.conf.d/*.conf\ninclude more/*.conf\n/opt/a\n"),
        file("etc/ld.so.conf.d/b.conf", "/opt/b # here\n"),
        file("opt/a/a.so", library()),
        file("opt/b/b.so", library()),
        program("app", linked("a.so", "b.so")),
    )
    assert sound(examined(layers, entrypoint=["/app"]))


def test_a_library_is_found_by_a_variable_of_the_image():
    layers = base(file("opt/a.so", library()), program("app", linked("a.so")))
    assert sound(examined(layers, entrypoint=["/app"], env=["LD_LIBRARY_PATH=/x:/opt"]))
    assert examined(layers, entrypoint=["/app"]).notes


def test_a_runpath_is_not_that_of_the_libraries_and_an_rpath_is():
    def layers(**path):
        return base(
            file("opt/a.so", library("arm64", "b.so")), file("opt/b.so", library()), program("app", linked("a.so", **path))
        )  # fmt: skip

    assert sound(examined(layers(rpath="/opt"), entrypoint=["/app"]))
    assert examined(layers(runpath="/opt"), entrypoint=["/app"]).notes == (
        "the library b.so that /opt/a.so needs is not in it",
    )


def test_glibc_passes_over_a_library_for_another_machine():
    layers = base(
        file("opt/a.so", library("amd64")), file("lib/a.so", library()), program("app", linked("a.so", runpath="/opt"))
    )
    found = examined(layers, entrypoint=["/app"])
    assert (found.refusals, found.notes) == ((), ())


@pytest.mark.parametrize("told", [None, "/lib:/opt", "/lib\n/opt\n"])
def test_musl_looks_where_its_own_file_says(told):
    more = [file("etc/ld-musl-aarch64.path", told)] if told else []
    place = "opt" if told else "usr/local/lib"
    layers = base(file(f"{place}/a.so", library()), *more, interpreter=MUSL)
    found = examined([*layers, program("app", linked("a.so", interpreter=MUSL))], entrypoint=["/app"])
    assert sound(found)


def test_the_interpreter_of_musl_is_its_library_of_c_too():
    app = program("app", linked("libc.musl-aarch64.so.1", "libm.so.6", interpreter=MUSL))
    found = examined([*base(interpreter=MUSL), app], entrypoint=["/app"])
    assert sound(found)
    assert found.programs == 2


def test_libraries_that_cannot_be_read_are_noted():
    cut = linked("liba.so", padding=100)[:-40]
    found = examined(base(program("app", cut)), entrypoint=["/app"])
    assert found.notes == ("the libraries that /app needs can't be read",)


def test_musl_takes_the_first_library_of_a_name():
    layers = base(file("opt/a.so", library("amd64")), file("lib/a.so", library()), interpreter=MUSL)
    app = program("app", linked("a.so", interpreter=MUSL, runpath="/opt"))
    assert examined([*layers, app], entrypoint=["/app"]).refusals


def test_a_library_named_by_its_path_is_that_one():
    layers = base(file("opt/a.so", library("amd64")), program("app", linked("/opt/a.so")))
    assert examined(layers, entrypoint=["/app"]).refusals


# ---- other files -----------------------------------------------------------------------------------------------------


def test_other_foreign_programs_are_a_warning_with_their_number_and_some_of_them():
    foreign = [program(f"opt/{name}", elf("amd64")) for name in "edcba"]
    found = examined([program("app")], foreign, entrypoint=["/app"])
    assert found.refusals == ()
    assert found.warnings == (
        (
            "5 other files are programs or libraries for amd64: /opt/a, /opt/b, /opt/c and 2 more; "
            "the first is from `COPY 1 /` (layer 2 of 2)"
        ),
    )


def test_one_other_foreign_program_is_one():
    found = examined([program("app"), program("tool", elf("riscv64"))], entrypoint=["/app"])
    assert found.warnings == (
        ("1 other file is a program or library for riscv64: /tool; it is from `COPY 0 /` (layer 1 of 1)"),
    )


def test_object_files_hidden_files_and_second_names_are_not_counted():
    layers = [program("app"), file("a.o", object_file("amd64")), program("gone", elf("amd64"))], [gone("gone")]
    assert sound(examined(*layers, entrypoint=["/app"]))
    twice = [program("app"), program("a", elf("amd64")), hard_link("b", "a")]
    assert examined(twice, entrypoint=["/app"]).warnings[0].startswith("1 other file")


# ---- scans -----------------------------------------------------------------------------------------------------------


def test_a_layer_is_read_once_and_its_scan_is_used_from_then_on(tmp_path):
    read = []
    scans = StoredScans(tmp_path)
    one = made([program("app", elf("amd64"))], entrypoint=["/app"])
    for _ in range(2):
        scanned = scan_layers([*one.layers, *one.layers], scans, read.append)
        assert examine(one, "linux/arm64", scanned).refusals
    assert read == [f"reading layer {one.layers[0].digest[:19]} for the programs in it, 0.0 MB"]


def test_a_layer_that_the_registry_does_not_give_is_an_error():
    def failing():
        raise RegistryError("gone")

    one = made([program("app")], entrypoint=["/app"])
    with pytest.raises(RegistryError, match="gone"):
        scan_layers([replace(one.layers[0], open=failing)], NO_SCANS, lambda _: None)


def test_where_one_layer_fails_nobody_waits_for_the_others():
    reading = threading.Event()

    class Endless(io.RawIOBase):
        def read(self, size=-1, /):
            reading.set()
            return bytes(size)

    def failing():
        reading.wait(30)
        raise RegistryError("gone")

    one, two = made([program("a")], [program("b")]).layers
    with pytest.raises(RegistryError, match="gone"):
        scan_layers([replace(one, open=failing), replace(two, open=Endless)], NO_SCANS, lambda _: None)
