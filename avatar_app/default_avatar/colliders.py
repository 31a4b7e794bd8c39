"""Solid shapes inside Yuzu that keep hair, skirt, strings and tail out of her body."""

from dataclasses import dataclass

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Collider:
    """A sphere, or a capsule when ``tail`` differs from ``offset``.

    Attributes:
        name: Decides which springs meet it.
        bone: Humanoid bone it is fixed to.
        offset, tail: Metres from that bone.
        radius: Metres.
    """

    name: str
    bone: str
    offset: Vector
    tail: Vector
    radius: float


def _pair(name: str, bone: str, offset: Vector, tail: Vector, radius: float) -> list[Collider]:
    """Return the left collider and its mirror image."""
    mirrored = [(-x, y, z) for x, y, z in (offset, tail)]
    return [
        Collider(name, f"left{bone}", offset, tail, radius),
        Collider(name, f"right{bone}", mirrored[0], mirrored[1], radius),
    ]


COLLIDERS = (
    Collider("head", "head", (0.0, 0.105, 0.000), (0.0, 0.105, 0.000), 0.088),
    Collider("neck", "neck", (0.0, -0.010, 0.004), (0.0, 0.060, 0.008), 0.034),
    Collider("chest", "upperChest", (0.0, 0.000, 0.010), (0.0, 0.060, -0.010), 0.092),
    Collider("waist", "spine", (0.0, 0.020, 0.000), (0.0, 0.100, 0.000), 0.088),
    Collider("hips", "hips", (0.0, -0.020, 0.000), (0.0, 0.040, 0.000), 0.092),
    *_pair("arm", "UpperArm", (0.0, -0.004, 0.0), (0.180, -0.004, 0.0), 0.050),
    *_pair("leg", "UpperLeg", (0.0, 0.010, 0.0), (0.002, -0.330, 0.004), 0.062),
)  # fmt: skip

# first letters of a chain's root bone -> the colliders it meets; other chains are hair
GROUPS = {
    "skirt": ("hips", "leg"),
    "tail": ("hips", "leg"),
    "leftString": ("chest",),
    "rightString": ("chest",),
    "leftHoodEar": ("chest", "arm"),
    "rightHoodEar": ("chest", "arm"),
}
HAIR = ("head", "neck", "chest", "arm")


def collider_group(root: str) -> tuple[int, ...]:
    """Return the indices of the colliders that the chain of bone ``root`` meets."""
    names = next((group for start, group in GROUPS.items() if root.startswith(start)), HAIR)
    return tuple(k for k, collider in enumerate(COLLIDERS) if collider.name in names)
