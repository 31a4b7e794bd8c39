"""What a calibration means: which named convention it is, and why not to trust it."""

from dataclasses import dataclass

import numpy as np

from renderer.conr.landmarks.calibration import AxisFit, Calibration
from renderer.conr.landmarks.landmark_convention import (
    CONVENTION_NAMES,
    LandmarkConvention,
    named_convention,
)
from renderer.conr.landmarks.surface_cloud import SurfaceCloud
from renderer.types import LandmarkBox

# How far a fit may be off by the difference between two bodies, in our landmark units, per axis
# of theirs: width, depth, height. Measured on a dozen characters against the default avatar.
BODY_TOLERANCE = (0.075, 0.05, 0.02)
END_TOLERANCE = 0.04  # of a lowest value that should be 0, a highest that should be 1
MEASURED_BY_ENDS = {"A": (), "A'": (1,), "B": (0, 1, 2)}  # their axes
MAX_RESIDUAL = 0.05
MIN_AGREEMENT = 0.15
MIN_LEAD = 1.1
MAX_ASYMMETRY = 0.045  # shares of the figure's extent
MIN_BACK_SEEN = 0.5
MAX_OUTSIDE = 0.02  # a UDP keeps to [0, 1]


@dataclass(frozen=True, slots=True)
class Misfit:
    """How far a named candidate is from a sequence; up to 1 it explains what was measured."""

    name: str
    misfit: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a calibration means.

    Attributes:
        convention: What to use: a candidate that explains the sequence, because it fits every
            figure, else the fitted map.
        misfits: Of every candidate, nearest first.
        warnings: Sentences; empty where nothing speaks against it.
    """

    convention: LandmarkConvention
    misfits: tuple[Misfit, ...]
    warnings: tuple[str, ...]


def judge(calibration: Calibration, theirs: SurfaceCloud, ours: SurfaceCloud) -> Verdict:
    """Compare a calibration with the named candidates and with what a figure must look like.

    Args:
        calibration: Of these two.
        theirs: What the sequence shows.
        ours: Surface of our figure.

    Raises:
        WeightsError: The fitted scale is absurd.
    """
    fitted = calibration.fit.convention()
    misfits = sorted(
        (Misfit(name, _misfit(name, fitted, theirs, ours)) for name in CONVENTION_NAMES),
        key=lambda candidate: candidate.misfit,
    )
    explaining = [candidate.name for candidate in misfits if candidate.misfit <= 1]
    convention = fitted
    if explaining:  # the one that ties most ends to 0 and 1: that is no coincidence
        name = max(explaining, key=lambda name: len(MEASURED_BY_ENDS[name]))
        convention = named_convention(name, their_box(calibration.fit, theirs))
    return Verdict(convention, tuple(misfits), tuple(_warnings(calibration, theirs)))


def looks_like_a_figure(calibration: Calibration) -> bool:
    """Tell whether a sequence can be a UDP sequence of a whole figure at all."""
    return (
        calibration.fit.residual <= MAX_RESIDUAL
        and calibration.agreement >= MIN_AGREEMENT
        and calibration.plane.asymmetry <= MAX_ASYMMETRY
    )


def their_box(fit: AxisFit, theirs: SurfaceCloud) -> LandmarkBox:
    """Return the box of the sequence's figure in our landmarks."""
    corners = fit.convention().invert(theirs.ends)
    low, high = corners.min(axis=0).astype(float), corners.max(axis=0).astype(float)
    return LandmarkBox((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _misfit(
    name: str, fitted: LandmarkConvention, theirs: SurfaceCloud, ours: SurfaceCloud
) -> float:
    """Return the worst axis' deviation over what is tolerated there."""
    plain = named_convention("A")
    if fitted.axes != plain.axes or np.any(np.sign(fitted.scale) != np.sign(plain.scale)):
        return np.inf
    difference = (plain.apply(ours.points) - fitted.apply(ours.points)) / np.array(plain.scale)
    by_body = np.sqrt(np.mean(difference**2, axis=0)) / BODY_TOLERANCE
    by_ends = np.abs(theirs.ends - ((0.0,) * 3, (1.0,) * 3)).max(axis=0) / END_TOLERANCE
    by_ends[theirs.clipped] = np.inf
    ends = MEASURED_BY_ENDS[name]
    return float(max(by_ends[axis] if axis in ends else by_body[axis] for axis in range(3)))


def _warnings(calibration: Calibration, theirs: SurfaceCloud) -> list[str]:
    told = []
    if not looks_like_a_figure(calibration):
        told.append("this does not look like a UDP sequence of a whole figure: do not use the fit")
    if calibration.lead < MIN_LEAD:
        told.append(
            "another order or direction of the axes fits about as well; the documented one was "
            "taken where possible; try an avatar that resembles the sequence's figure"
        )
    if calibration.back_seen < MIN_BACK_SEEN:
        told.append("the figure's back is hardly seen: depth is uncertain, A' and B cannot be told")
    if np.any(theirs.ends[0] < -MAX_OUTSIDE) or np.any(theirs.ends[1] > 1 + MAX_OUTSIDE):
        told.append("values lie outside of 0 to 1: no official UDP has such")
    return told
