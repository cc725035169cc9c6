from tests.syntax.mutate import run


def test_mutated_files_are_refused_or_given_back():
    outcomes = run(count=1_500, seed=7)
    assert outcomes.total() == 1_500
    assert min(outcomes["accepted"], outcomes["refused"]) > 200
