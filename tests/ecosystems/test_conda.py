import pytest
from tests.ecosystems.project import read, run, touches

from layerwise.ecosystems.effects import Openness

ENVIRONMENT = (
    "name: base\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - conda-forge::numba>=0.59\n  - pip\n"
)


@pytest.mark.parametrize(
    "command",
    [
        "conda env create -f environment.yml",
        "conda env update -n base --file environment.yml",
        "conda env update",
        "mamba env create --file=environment.yml",
        "micromamba install -y -n base -f environment.yml",
    ],
)
def test_an_environment_file_is_the_manifest(command):
    effects = run(command, {"/app/environment.yml": ENVIRONMENT})
    assert effects.manifests == ("/app/environment.yml",)
    assert "/app/environment.yml" in read(effects)
    assert effects.work[0].names == ("python", "numba", "pip")
    assert effects.needs_source == ()
    assert effects.environment.openness is Openness.INSTALLER


def test_its_pip_part_is_read_beside_it():
    files = {
        "/app/deps/environment.yml": ENVIRONMENT + "  - pip:\n    - librosa==0.10\n    - -r more.txt\n",
        "/app/deps/more.txt": "flask\n",
    }
    effects = run("conda env update -f deps/environment.yml", files)
    assert effects.manifests == ("/app/deps/more.txt", "/app/deps/environment.yml")
    assert [(one.kind, one.names) for one in effects.work][1] == ("pip.install", ("librosa", "flask"))
    assert effects.needs_source == ()


@pytest.mark.parametrize("line", ["-e .", ".", "-r missing.txt", "./lib"])
def test_its_pip_part_may_need_the_project(line):
    effects = run(
        "conda env create -f environment.yml", {"/app/environment.yml": ENVIRONMENT + f"  - pip:\n    - {line}\n"}
    )
    assert effects.needs_source
    assert effects.environment.openness is Openness.OPEN


@pytest.mark.parametrize("text", ["[", "a: &a [*a]\n- b", "- just\n- a list"])
def test_a_file_that_is_not_understood_is_a_reason(text):
    assert run("conda env create -f environment.yml", {"/app/environment.yml": text}).needs_source == (
        "/app/environment.yml is not understood",
    )


def test_a_file_that_cannot_be_read_is_a_reason():
    assert run("conda env create -f environment.yml").needs_source == (
        "/app/environment.yml could not be read before the build",
    )
    assert run("conda env create -f $FILE").needs_source == ("the file $FILE is not known",)


def test_packages_are_counted_by_name():
    effects = run("conda install -y -c conda-forge librosa=0.10 'numba>=0.59' conda-forge::ffmpeg && conda clean -afy")
    assert [(one.kind, one.names) for one in effects.work] == [
        ("conda.install", ("librosa", "numba", "ffmpeg")),
        ("shell", ()),
    ]


def test_an_explicit_list_with_digests_is_a_lock():
    text = "@EXPLICIT\nhttps://x/linux-64/python-3.11.0-h1_0.conda#aa\n"
    effects = run("micromamba create -n x --file conda.lock", {"/app/conda.lock": text})
    assert effects.lock == "/app/conda.lock"
    assert effects.deterministic
    assert effects.work[0].names == ("python",)


def test_a_list_of_packages_is_read():
    assert run("conda install --file requirements.txt", {"/app/requirements.txt": "numpy=1\n# x\nscipy\n"}).work[
        0
    ].names == ("numpy", "scipy")


@pytest.mark.parametrize(
    ("command", "where"),
    [
        ("conda install -y numpy", "/opt/conda/lib"),
        ("conda create -y -p /env numpy", "/env"),
        ("conda create -y -p ./env numpy", "/app/env"),
        ("conda config --set x y", "/root/.condarc"),
        ("conda init bash", "/root/.bashrc"),
        ("conda clean -afy", "/opt/conda/pkgs"),
    ],
)
def test_environments_lie_where_options_say(command, where):
    effects = run(command)
    assert effects.opaque is None
    assert touches(effects, where)


def test_a_root_named_by_variables_is_written():
    assert touches(run("micromamba install x", MAMBA_ROOT_PREFIX="/mamba"), "/mamba")
    assert not touches(run("conda install x"), "/app")


@pytest.mark.parametrize(
    "command", ["conda run -n x python a.py", "conda activate x", "micromamba shell init", "conda build ."]
)
def test_what_runs_code_or_changes_the_shell_is_opaque(command):
    assert run(command).opaque


@pytest.mark.parametrize(
    ("name", "reads"), [("CONDA_OVERRIDE_CUDA", True), ("PIP_INDEX_URL", True), ("GIT_COMMIT", False)]
)
def test_packages_may_look_at_well_known_variables_only(name, reads):
    assert run("conda install -y numpy").environment.reads(name) is reads


def test_its_pip_part_imports_from_beside_it():
    text = ENVIRONMENT + "  - pip:\n    - flask\n"
    files = {"/app/environment.yml": text, "/app/logging.py": ""}
    assert run("conda env create", files).needs_source == ("python imports /app/logging.py in place of its own module",)
