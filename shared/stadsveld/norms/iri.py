"""International roughness index after ASTM E1926 and World Bank TP 46: a quarter car over a profile.

The car's equation of motion in space, x' = A x + B · slope with x = (zs', zs'', zu', zu''), is
stepped exactly with ST = expm(A·dx/v) and PR = A⁻¹ (ST − I) B; IRI = mean |x1 − x3| · 1000.
Golden car: K1 = 653 s⁻², K2 = 63.3 s⁻², C = 6.0 s⁻¹, μ = 0.15, at 80 km/h.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..model.explanation import Explanation
from ..text import _

Floats = NDArray[np.float64]
_K1, _K2, _C, _MU = 653.0, 63.3, 6.0, 0.15
_SPEED = 80 / 3.6
#: Length in metres over which a tyre evens out, and over which the first slope is taken.
_TYRE, _START = 0.25, 11.0
#: Steps that are taken at once.
_BLOCK = 256
_TAYLOR = 20


def iri(profile: Floats, dx: float, *, moving_average: bool = True) -> float:
    """Return the international roughness index of a profile, in m/km.

    Args:
        profile: elevations in metres at equal distances, at least 11 m long.
        dx: that distance in metres, at most 0.6 (coarser profiles miss what a car feels).
        moving_average: even out over 250 mm first where `dx` is smaller, as the standard does.

    Raises:
        BadInput: the profile is too short, has missing values, or dx cannot be.
    """
    heights = np.asarray(profile, dtype=np.float64)
    if not np.isfinite(dx) or not 0 < dx <= 0.6:
        raise BadInput(_("The distance between two heights must be more than 0 and at most 0.6 m."))
    if heights.ndim != 1 or not np.isfinite(heights).all():
        raise BadInput(_("The profile must be a list of heights without gaps."))
    if moving_average and dx < _TYRE:
        heights = _evened(heights, max(1, round(_TYRE / dx)))
    slopes = np.diff(heights) / dx
    if len(slopes) * dx < _START:
        raise BadInput(_("The profile must be at least {n} m long.").format(n=int(_START)))
    return float(np.abs(_suspension(slopes, dx)).mean() * 1000)


def explain_iri(value: float, dx: float, length: float, *, moving_average: bool) -> Explanation:
    """Return an index with its reasons.

    Args:
        value: m/km.
        dx: metres between two heights.
        length: metres of profile.
        moving_average: whether 250 mm were evened out first.
    """
    inputs = (
        Explanation(_("Length of the profile"), length, "m", 1),
        Explanation(_("Distance between two heights"), dx, "m", 3),
    )
    evened = _("evened out over 250 mm first") if moving_average and dx < _TYRE else _("not evened out")
    return Explanation(
        _("International roughness index"), value, "m/km", 2,
        formula=_("mean of the movement of a quarter car's suspension at 80 km/h"), inputs=inputs,
        basis="ASTM E1926, World Bank TP 46", verified=True, assumptions=(evened,),
    )  # fmt: skip


@lru_cache(maxsize=16)
def matrices(dx: float) -> tuple[Floats, Floats]:
    """Return ST (4×4) and PR (4) for a step of dx metres."""
    motion = np.array(
        [
            [0, 1, 0, 0],
            [-_K2, -_C, _K2, _C],
            [0, 0, 0, 1],
            [_K2 / _MU, _C / _MU, -(_K1 + _K2) / _MU, -_C / _MU],
        ]
    )
    drive = np.array([0, 0, 0, _K1 / _MU])
    step = _exponential(motion * (dx / _SPEED))
    return step, np.linalg.solve(motion, (step - np.eye(4)) @ drive)


def _exponential(matrix: Floats) -> Floats:
    """Return the exponential of a small matrix: Taylor of a halved one, squared back."""
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(matrix).sum(axis=1).max(), 1e-300)))) + 4)
    small = matrix / 2.0**halvings
    total, term = np.eye(len(matrix)), np.eye(len(matrix))
    for n in range(1, _TAYLOR):
        term = term @ small / n
        total = total + term
    for _halving in range(halvings):
        total = total @ total
    return total


def _evened(heights: Floats, points: int) -> Floats:
    """Return the moving average over a number of points, where all of them are there."""
    if len(heights) < points:
        raise BadInput(_("The profile must be at least {n} m long.").format(n=int(_START)))
    sums = np.cumsum(np.concatenate(([0.0], heights - heights[0])))
    evened: Floats = (sums[points:] - sums[:-points]) / points + heights[0]
    return evened


def _suspension(slopes: Floats, dx: float) -> Floats:
    """Return x1 − x3 after every step, a block of steps at once.

    Within a block the answer is that of its first state plus that of its slopes, both linear; only the
    first states are stepped one after the other.
    """
    state = np.zeros(4)
    state[0] = state[2] = slopes[: max(1, round(_START / dx))].mean()
    free, forced, last_free, last_forced = _block(dx)
    whole = len(slopes) // _BLOCK * _BLOCK
    blocks = slopes[:whole].reshape(-1, _BLOCK)
    pushes = blocks @ last_forced.T
    firsts = np.empty((len(blocks), 4))
    for number, push in enumerate(pushes):
        firsts[number] = state
        state = last_free @ state + push
    found = blocks @ forced.T + firsts @ free.T
    rest = slopes[whole:]
    tail = forced[: len(rest), : len(rest)] @ rest + free[: len(rest)] @ state
    return np.concatenate((found.ravel(), tail))


@lru_cache(maxsize=16)
def _block(dx: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Return what a block answers: to its first state (L×4), to its slopes (L×L), and its last state."""
    step, push = matrices(dx)
    powers = [np.eye(4)]
    for _step in range(_BLOCK):
        powers.append(powers[-1] @ step)
    look = np.array([1.0, 0.0, -1.0, 0.0])
    free = np.array([look @ power for power in powers[1:]])
    answers = np.array([look @ power @ push for power in powers[:-1]])
    lag = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    forced = np.where(lag >= 0, answers[np.maximum(lag, 0)], 0.0)
    last_forced = np.array([power @ push for power in powers[-2::-1]]).T
    return free, forced, powers[-1], last_forced
