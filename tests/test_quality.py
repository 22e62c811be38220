"""The table of quality figures: by whom a figure is judged, and which way is worse."""

from benchmarks import quality


def test_a_figure_is_worse_below_its_floor_and_a_leak_above_it() -> None:
    assert quality.is_worse("body_f1", 0.960, 0.970, 0.003)
    assert not quality.is_worse("body_f1", 0.968, 0.970, 0.003)
    assert not quality.is_worse("body_f1", 0.980, 0.970, 0.003)
    assert quality.is_worse("must_not_have_kept", 0.060, 0.050, 0.003)
    assert not quality.is_worse("must_not_have_kept", 0.040, 0.050, 0.003)
    assert quality.is_worse("pages_leaking_comments", 1, 0, 0.003)


def test_every_figure_has_an_aim_and_a_floor() -> None:
    from tests.slow.test_quality import FLOORS

    told = {name: set(quality.LANGUAGES) for name in quality.WITH_LANGUAGE}
    aims = {one.name: set(one.wanted) | told.get(one.name, set()) for one in quality.SETS}
    assert aims == {name: set(floor) for name, floor in FLOORS.items()}
