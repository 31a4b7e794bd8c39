"""Bones of the default avatar, Yuzu: one table that every part of her is modelled around.

Rest pose is a T-pose with palms down, +Y up, facing +Z, metres, +X is her left. She stands
about 1.56 m tall to the top of her hair, six and a bit heads.
"""

from types import MappingProxyType

CHIN_Y = 1.268
SKULL_TOP_Y = 1.512
EYE_Y = 1.3607
SHOULDER_Y = 1.172

# VRM 1.0 humanoid bone -> (parent, rest position). Right-side bones are mirrored from the left.
CENTRE_BONES = MappingProxyType(
    {
        "hips": (None, (0.0, 0.830, 0.000)),
        "spine": ("hips", (0.0, 0.905, 0.004)),
        "chest": ("spine", (0.0, 0.995, -0.004)),
        "upperChest": ("chest", (0.0, 1.085, -0.012)),
        "neck": ("upperChest", (0.0, 1.212, -0.018)),
        "head": ("neck", (0.0, 1.276, -0.008)),
    }
)
LEFT_BONES = MappingProxyType(
    {
        "leftEye": ("head", (0.01899, EYE_Y, 0.02576)),
        "leftShoulder": ("upperChest", (0.022, 1.182, -0.014)),
        "leftUpperArm": ("leftShoulder", (0.092, SHOULDER_Y, -0.014)),
        "leftLowerArm": ("leftUpperArm", (0.302, SHOULDER_Y, -0.017)),
        "leftHand": ("leftLowerArm", (0.498, SHOULDER_Y, -0.010)),
        "leftThumbMetacarpal": ("leftHand", (0.514, 1.166, 0.012)),
        "leftThumbProximal": ("leftThumbMetacarpal", (0.535, 1.158, 0.032)),
        "leftThumbDistal": ("leftThumbProximal", (0.556, 1.154, 0.048)),
        "leftIndexProximal": ("leftHand", (0.568, 1.174, 0.018)),
        "leftIndexIntermediate": ("leftIndexProximal", (0.600, 1.173, 0.022)),
        "leftIndexDistal": ("leftIndexIntermediate", (0.620, 1.171, 0.024)),
        "leftMiddleProximal": ("leftHand", (0.571, 1.175, 0.000)),
        "leftMiddleIntermediate": ("leftMiddleProximal", (0.606, 1.174, 0.001)),
        "leftMiddleDistal": ("leftMiddleIntermediate", (0.629, 1.172, 0.001)),
        "leftRingProximal": ("leftHand", (0.567, 1.173, -0.017)),
        "leftRingIntermediate": ("leftRingProximal", (0.599, 1.172, -0.019)),
        "leftRingDistal": ("leftRingIntermediate", (0.620, 1.170, -0.020)),
        "leftLittleProximal": ("leftHand", (0.560, 1.169, -0.032)),
        "leftLittleIntermediate": ("leftLittleProximal", (0.585, 1.167, -0.037)),
        "leftLittleDistal": ("leftLittleIntermediate", (0.601, 1.165, -0.040)),
        "leftUpperLeg": ("hips", (0.072, 0.790, 0.000)),
        "leftLowerLeg": ("leftUpperLeg", (0.074, 0.440, 0.006)),
        "leftFoot": ("leftLowerLeg", (0.075, 0.078, -0.016)),
        "leftToes": ("leftFoot", (0.077, 0.022, 0.072)),
    }
)
