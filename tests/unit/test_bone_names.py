import pytest

from udp_live.loaders.bone_names import guess_humanoid
from udp_live.rig.humanoid import REQUIRED_BONES

# "name > child child": the habits of several programs, one side; mirrored by the tests.
MIXAMO = """
mixamorig:Hips > mixamorig:Spine mixamorig:LeftUpLeg
mixamorig:Spine > mixamorig:Spine1
mixamorig:Spine1 > mixamorig:Spine2
mixamorig:Spine2 > mixamorig:Neck mixamorig:LeftShoulder
mixamorig:Neck > mixamorig:Head
mixamorig:LeftShoulder > mixamorig:LeftArm
mixamorig:LeftArm > mixamorig:LeftForeArm
mixamorig:LeftForeArm > mixamorig:LeftHand
mixamorig:LeftHand > mixamorig:LeftHandIndex1
mixamorig:LeftHandIndex1 > mixamorig:LeftHandIndex2
mixamorig:LeftHandIndex2 > mixamorig:LeftHandIndex3
mixamorig:LeftHandIndex3 > mixamorig:LeftHandIndex4
mixamorig:LeftUpLeg > mixamorig:LeftLeg
mixamorig:LeftLeg > mixamorig:LeftFoot
mixamorig:LeftFoot > mixamorig:LeftToeBase
"""
RIGIFY = """
DEF-spine > DEF-spine.001 DEF-pelvis.L DEF-thigh.L
DEF-spine.001 > DEF-spine.002
DEF-spine.002 > DEF-spine.003
DEF-spine.003 > DEF-spine.004 DEF-shoulder.L
DEF-spine.004 > DEF-spine.005
DEF-spine.005 > DEF-spine.006
DEF-shoulder.L > DEF-upper_arm.L
DEF-upper_arm.L > DEF-upper_arm.L.001
DEF-upper_arm.L.001 > DEF-forearm.L
DEF-forearm.L > DEF-forearm.L.001
DEF-forearm.L.001 > DEF-hand.L
DEF-hand.L > DEF-thumb.01.L
DEF-thumb.01.L > DEF-thumb.02.L
DEF-thigh.L > DEF-thigh.L.001
DEF-thigh.L.001 > DEF-shin.L
DEF-shin.L > DEF-foot.L
DEF-foot.L > DEF-toe.L
"""
UNREAL = """
root > pelvis
pelvis > spine_01 thigh_l
spine_01 > spine_02
spine_02 > spine_03
spine_03 > neck_01 clavicle_l
neck_01 > head
head > head_leaf
clavicle_l > upperarm_l
upperarm_l > lowerarm_l
lowerarm_l > hand_l
hand_l > pinky_01_l
pinky_01_l > pinky_02_l
pinky_02_l > pinky_03_l
pinky_03_l > pinky_04_leaf_l
thigh_l > calf_l
calf_l > foot_l
foot_l > ball_l
ball_l > ball_leaf_l
"""
KAYKIT = """
root > hips kneeIK.l IK-foot.l
hips > spine upperleg.l
spine > chest
chest > head upperarm.l
upperarm.l > lowerarm.l
lowerarm.l > wrist.l
wrist.l > hand.l
hand.l > handslot.l
upperleg.l > lowerleg.l
lowerleg.l > foot.l
foot.l > toes.l
"""
VROID = """
J_Bip_C_Hips > J_Bip_C_Spine J_Bip_L_UpperLeg
J_Bip_C_Spine > J_Bip_C_Chest
J_Bip_C_Chest > J_Bip_C_UpperChest
J_Bip_C_UpperChest > J_Bip_C_Neck J_Bip_L_Shoulder
J_Bip_C_Neck > J_Bip_C_Head
J_Bip_C_Head > J_Adj_L_FaceEye
J_Bip_L_Shoulder > J_Bip_L_UpperArm
J_Bip_L_UpperArm > J_Bip_L_LowerArm
J_Bip_L_LowerArm > J_Bip_L_Hand
J_Bip_L_Hand > J_Bip_L_Little1
J_Bip_L_Little1 > J_Bip_L_Little2
J_Bip_L_UpperLeg > J_Bip_L_LowerLeg
J_Bip_L_LowerLeg > J_Bip_L_Foot
J_Bip_L_Foot > J_Bip_L_ToeBase
"""
MIRRORED_NAMES = (("Left", "Right"), (".L", ".R"), (".l", ".r"), ("_l", "_r"), ("_L_", "_R_"))


def guessed(text: str) -> dict[str, str]:
    """Guess the humanoid of a skeleton written as above; bone names by VRM names."""
    names: list[str] = []
    parents: list[int] = []
    for line in text.strip().splitlines():
        parent, children = line.split(" > ")
        for above in _with_mirror(parent):
            if above not in names:
                names.append(above)
                parents.append(-1)
            for child in (twin for name in children.split() for twin in _with_mirror(name)):
                if _side(above) in ("", _side(child)):
                    names.append(child)
                    parents.append(names.index(above))
    found = guess_humanoid(dict(enumerate(names)), parents)
    return {bone: names[node] for bone, node in found.items()}


def _with_mirror(name: str) -> list[str]:
    for left, right in MIRRORED_NAMES:
        if left in name and not name.endswith("_leaf"):
            return [name, name.replace(left, right)]
    return [name]


def _side(name: str) -> str:
    for left, right in MIRRORED_NAMES:
        for side in (left, right):
            if side in name and not name.endswith("_leaf"):
                return side
    return ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            MIXAMO,
            {
                "upperChest": "mixamorig:Spine2",
                "leftUpperArm": "mixamorig:LeftArm",
                "rightLowerLeg": "mixamorig:RightLeg",
                "leftIndexDistal": "mixamorig:LeftHandIndex3",
                "rightToes": "mixamorig:RightToeBase",
            },
        ),
        (
            RIGIFY,
            {
                "hips": "DEF-spine",
                "upperChest": "DEF-spine.003",
                "neck": "DEF-spine.004",
                "head": "DEF-spine.006",
                "leftUpperArm": "DEF-upper_arm.L",
                "rightLowerLeg": "DEF-shin.R",
                "leftThumbMetacarpal": "DEF-thumb.01.L",
                "leftThumbProximal": "DEF-thumb.02.L",
            },
        ),
        (
            UNREAL,
            {
                "hips": "pelvis",
                "chest": "spine_02",
                "head": "head",
                "rightShoulder": "clavicle_r",
                "leftLittleDistal": "pinky_03_l",
                "leftToes": "ball_l",
            },
        ),
        (
            KAYKIT,
            {"hips": "hips", "chest": "chest", "leftHand": "wrist.l", "rightFoot": "foot.r"},
        ),
        (
            VROID,
            {
                "upperChest": "J_Bip_C_UpperChest",
                "rightEye": "J_Adj_R_FaceEye",
                "leftLittleProximal": "J_Bip_L_Little1",
            },
        ),
    ],
    ids=["mixamo", "rigify", "unreal", "kaykit", "vroid"],
)
def test_common_naming_habits_are_understood(text: str, expected: dict[str, str]) -> None:
    found = guessed(text)
    assert set(REQUIRED_BONES) <= found.keys()
    assert {bone: found.get(bone) for bone in expected} == expected


def test_a_rig_without_a_neck_has_none() -> None:
    assert "neck" not in guessed(KAYKIT)


def test_a_skeleton_of_numbers_is_not_guessed() -> None:
    found = guess_humanoid({0: "Bone", 1: "Bone.001", 2: "Bone.002"}, [-1, 0, 1])
    assert not set(REQUIRED_BONES) & found.keys()
