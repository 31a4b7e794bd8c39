"""The rig of an avatar: its skeleton, skin, expressions, spring bones and landmark space."""

from udp_live.rig.expressions import effective_expression_weights, morph_weights, rest_pose
from udp_live.rig.landmarks import (
    LandmarkSpace,
    canonical_landmarks,
    landmark_space,
)
from udp_live.rig.reference_poses import canonical_pose, rest_from_t_pose, t_pose
from udp_live.rig.rig import (
    AlphaMode,
    Expression,
    LookAt,
    LookAtRange,
    Material,
    Mesh,
    MeshPart,
    MorphTarget,
    Override,
    Rig,
    Skeleton,
    SpringChain,
    SpringCollider,
)
from udp_live.rig.skinning import PosedSkeleton, joint_matrices, posed_joints, skin_vertices
from udp_live.rig.spring_bones import SpringBones

__all__ = [
    "AlphaMode",
    "Expression",
    "LandmarkSpace",
    "LookAt",
    "LookAtRange",
    "Material",
    "Mesh",
    "MeshPart",
    "MorphTarget",
    "Override",
    "PosedSkeleton",
    "Rig",
    "Skeleton",
    "SpringBones",
    "SpringChain",
    "SpringCollider",
    "canonical_landmarks",
    "canonical_pose",
    "effective_expression_weights",
    "joint_matrices",
    "landmark_space",
    "morph_weights",
    "posed_joints",
    "rest_from_t_pose",
    "rest_pose",
    "skin_vertices",
    "t_pose",
]
