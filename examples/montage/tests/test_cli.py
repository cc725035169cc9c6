from click.testing import CliRunner

from montage.cli import main


def test_plan_prints_a_timeline(pictures, clicks):
    done = CliRunner().invoke(main, ["plan", str(pictures), str(clicks(120, 4.0)), "--format", "cmx"])
    assert done.exit_code == 0, done.output
    assert "FROM CLIP NAME" in done.output


def test_an_empty_folder_is_a_message(tmp_path, clicks):
    empty = tmp_path / "empty"
    empty.mkdir()
    done = CliRunner().invoke(main, ["plan", str(empty), str(clicks(120, 2.0))])
    assert done.exit_code == 1
    assert "no pictures" in done.output
