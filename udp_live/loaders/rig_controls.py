"""What a model file says about its controls, still in terms of the file's nodes."""

from dataclasses import dataclass, field

from udp_live.rig.rig import LookAt, Override

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ExpressionSource:
    """An expression whose morph targets are (node, target number, weight at 1.0)."""

    name: str
    binds: tuple[tuple[int, int, float], ...]
    is_binary: bool = False
    override_blink: Override = Override.NONE
    override_look_at: Override = Override.NONE
    override_mouth: Override = Override.NONE


@dataclass(frozen=True, slots=True)
class ColliderSource:
    """A spring collider; offsets and radius in the node's own axes and scale."""

    node: int
    offset: Vector
    tail: Vector
    radius: float


@dataclass(frozen=True, slots=True)
class SpringSource:
    """A spring chain of nodes.

    Attributes:
        nodes: Root to tip.
        hit_radii, stiffness, gravity_power, drag: One value per node.
        gravity_direction: World space of the file.
        colliders: Indices into ``RigControls.colliders``.
        has_end: False when the tip needs a bare end bone, because its node has no child.
    """

    nodes: tuple[int, ...]
    hit_radii: tuple[float, ...]
    stiffness: tuple[float, ...]
    gravity_power: tuple[float, ...]
    drag: tuple[float, ...]
    gravity_direction: Vector
    colliders: tuple[int, ...]
    has_end: bool = True


@dataclass(frozen=True, slots=True)
class RigControls:
    """Everything about a rig that is neither mesh nor material.

    Attributes:
        humanoid: VRM 1.0 bone name to node.
        turned: The avatar faces -Z in the file.
        free_scale: The file's unit is unknown, so the rig may be scaled to a person's size.
    """

    humanoid: dict[str, int]
    expressions: tuple[ExpressionSource, ...] = ()
    look_at: LookAt | None = None
    springs: tuple[SpringSource, ...] = field(default=(), repr=False)
    colliders: tuple[ColliderSource, ...] = field(default=(), repr=False)
    name: str = ""
    licence: str = ""
    author: str = ""
    turned: bool = False
    free_scale: bool = False
