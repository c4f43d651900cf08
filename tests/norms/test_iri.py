"""The roughness index: published matrices, analytic sines, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.norms.iri import explain_iri, iri, matrices

ST = [
    [0.9966071, 0.01091514, -0.002083274, 0.0003190145],
    [-0.5563044, 0.9438768, -0.8324718, 0.05064701],
    [0.02153176, 0.002126763, 0.7508714, 0.008221888],
    [3.335013, 0.3376467, -39.12762, 0.4347564],
]
PR = [0.005476107, 1.388776, 0.2275968, 35.79262]


def walked(slopes: np.ndarray, dx: float) -> float:
    """The index step by step, as the definition reads."""
    step, push = matrices(dx)
    state = np.zeros(4)
    state[0] = state[2] = slopes[: round(11 / dx)].mean()
    total = 0.0
    for slope in slopes:
        state = step @ state + push * slope
        total += abs(state[0] - state[2])
    return total / len(slopes) * 1000


def test_the_matrices_are_the_published_ones() -> None:
    """For 0.25 m, as closely as they were printed."""
    step, push = matrices(0.25)
    np.testing.assert_allclose(step, ST, rtol=5e-7, atol=0)
    np.testing.assert_allclose(push, PR, rtol=2e-5, atol=0)


@pytest.mark.parametrize("points", [45, 255, 256, 257, 3000])
def test_blocks_equal_the_walk_step_by_step(points: int) -> None:
    """To 1e-9, whatever the length leaves of a block."""
    heights = np.cumsum(np.random.default_rng(points).normal(0, 0.002, points))
    assert iri(heights, 0.25) == pytest.approx(walked(np.diff(heights) / 0.25, 0.25), rel=1e-9)


@pytest.mark.parametrize(
    ("wavelength", "plain", "evened"),
    [
        (1, 1.092, 0.981),
        (2, 3.067, 2.984),
        (2.4, 2.773, 2.721),
        (5, 0.936, 0.932),
        (10, 0.504, 0.503),
        (15.4, 0.399, 0.398),
        (30, 0.061, 0.061),
    ],
)
def test_a_sine_has_its_documented_gain(wavelength: float, plain: float, evened: float) -> None:
    """Amplitude 1 mm, dx 0.05 m, within 1 % (and the rounding of the table)."""
    heights = 0.001 * np.sin(2 * np.pi * np.arange(0, 3000, 0.05) / wavelength)
    assert iri(heights, 0.05, moving_average=False) == pytest.approx(plain, rel=0.01, abs=0.0005)
    assert iri(heights, 0.05) == pytest.approx(evened, rel=0.01, abs=0.0005)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.floats(-5, 5), st.floats(-100, 100), st.floats(-0.05, 0.05))
def test_its_laws(seed: int, scale: float, offset: float, grade: float) -> None:
    """k times the profile is |k| times the index; offset and grade change nothing."""
    heights = np.cumsum(np.random.default_rng(seed).normal(0, 0.002, 400))
    value = iri(heights, 0.25)
    assert iri(scale * heights, 0.25) == pytest.approx(abs(scale) * value, rel=1e-9, abs=1e-12)
    moved = heights + offset + grade * np.arange(400) * 0.25
    assert iri(moved, 0.25) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("heights", "dx"),
    [
        ([0.0] * 10, 0.25),
        ([0.0] * 100, 0),
        ([0.0] * 100, -1),
        ([0.0] * 100, 1.0),
        ([0.0] * 50 + [float("nan")] * 50, 0.25),
        ([[0.0] * 100] * 2, 0.25),
        ([], 0.05),
    ],
)
def test_what_is_no_profile_is_refused(heights: list, dx: float) -> None:
    """Too short, no distance, too coarse, gaps."""
    with pytest.raises(BadInput):
        iri(np.array(heights), dx)


def test_its_explanation_says_what_was_evened_out() -> None:
    """With length, step and source."""
    text = explain_iri(2.5, 0.1, 1000, moving_average=True).as_text()
    assert "250 mm" in text
    assert "E1926" in text


def gain(wavelength: float) -> float:
    """How much of a sine of slopes the car's suspension feels."""
    heights = 0.001 * np.sin(2 * np.pi * np.arange(0, 3000, 0.05) / wavelength)
    slope = 0.001 * 2 * np.pi / wavelength
    return iri(heights, 0.05, moving_average=False) / (2 / np.pi * slope * 1000)


@pytest.mark.parametrize(
    ("wavelength", "expected"),
    [(1, 0.2731), (2, 1.5335), (2.29, 1.676), (2.4, 1.6640), (5, 1.1697), (10, 1.2597), (15.4, 1.5351),
     (15.78, 1.538), (30, 0.4548)],
)  # fmt: skip
def test_the_gain_of_each_wavelength(wavelength: float, expected: float) -> None:
    """As computed analytically, within 1 %."""
    assert gain(wavelength) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("peak", "beside"), [(2.29, (2.1, 2.5)), (15.78, (14.5, 17.0))])
def test_the_gain_is_largest_where_the_axle_and_the_body_resonate(peak: float, beside: tuple) -> None:
    """At 2.29 m and 15.78 m."""
    assert all(gain(other) < gain(peak) for other in beside)


@pytest.mark.parametrize("wavelength", [1, 2, 5])
def test_the_moving_average_takes_its_known_share(wavelength: float) -> None:
    """sinc(0.25 / wavelength), within 1 %."""
    heights = 0.001 * np.sin(2 * np.pi * np.arange(0, 3000, 0.05) / wavelength)
    share = iri(heights, 0.05) / iri(heights, 0.05, moving_average=False)
    assert share == pytest.approx(np.sinc(0.25 / wavelength), rel=0.01)


def test_a_finer_profile_changes_less_than_a_percent() -> None:
    """The same smooth road at 0.25 and at 0.125 m."""
    at = np.arange(0, 2000, 0.125)
    heights = sum(0.001 * np.sin(2 * np.pi * at / length + length) for length in (3.0, 7.0, 19.0))
    assert iri(heights, 0.125) == pytest.approx(iri(heights[::2], 0.25), rel=0.01)
