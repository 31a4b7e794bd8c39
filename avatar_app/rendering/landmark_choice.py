"""Whose landmarks UDP files hold, by the name that options and notes give."""

from avatar_app.errors import UsageError
from avatar_app.paths import weights_folder
from renderer.conr.landmarks.convention_file import convention_name, read_convention
from renderer.conr.landmarks.landmark_convention import (
    CONVENTION_NAMES,
    LandmarkConvention,
    named_convention,
    rig_box,
)
from udp_live.rig.rig import Rig

CANONICAL, CONR = "canonical", "conr"


def choose_convention(name: str, rig: Rig) -> LandmarkConvention | None:
    """Return a convention by its name; None for our own landmarks.

    Args:
        name: ``canonical``, ``A``, ``A'``, ``B``, ``conr`` for that of the user's CoNR weights, or
            the name that their ``conr.toml`` gives itself.
        rig: Whose landmarks they are; some conventions depend on the figure.

    Raises:
        UsageError: The name is unknown.
        WeightsError: ``conr.toml`` is broken.
    """
    if name == CANONICAL:
        return None
    box = rig_box(rig)
    if name in CONVENTION_NAMES:
        return named_convention(name, box)
    installed = convention_name(weights_folder())
    if name not in (CONR, installed):
        known = ", ".join(dict.fromkeys((CANONICAL, *CONVENTION_NAMES, installed)))
        raise UsageError(f"landmarks not understood: '{name}' is none of {known}; give --landmarks")
    return read_convention(weights_folder(), box)


def written_name(name: str) -> str:
    """Return the name to note beside files: ``conr`` as the convention's own name."""
    return convention_name(weights_folder()) if name == CONR else name
