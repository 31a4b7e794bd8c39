"""PMD models: the same rig as from PMX, and what is refused."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.gltf_draft import png
from tests.fakes.pmx_draft import PmxDraft, person_draft, pmd_data
from udp_live.errors import RigFormatError
from udp_live.loaders import load_rig
from udp_live.rig import Rig


def load(draft: PmxDraft, folder: Path) -> Rig:
    path = folder / "tiny.pmd"
    path.write_bytes(pmd_data(draft))
    return load_rig(path)


def test_a_pmd_is_the_same_rig_as_a_pmx(tmp_path: Path) -> None:
    draft = person_draft()
    old, new = load(draft, tmp_path), load_rig(draft.write(tmp_path / "tiny.pmx"))
    np.testing.assert_allclose(old.mesh.positions, new.mesh.positions)
    np.testing.assert_array_equal(old.mesh.triangles, new.mesh.triangles)
    np.testing.assert_array_equal(old.mesh.joints, new.mesh.joints)
    assert old.skeleton.names == new.skeleton.names
    assert old.skeleton.humanoid == new.skeleton.humanoid
    assert old.springs == new.springs
    assert (old.name, old.licence) == (new.name, new.licence)
    # Group morphs came with PMX.
    assert old.expressions == tuple(e for e in new.expressions if e.name != "まとめ")
    for target, wanted in zip(old.mesh.morph_targets, new.mesh.morph_targets, strict=True):
        np.testing.assert_array_equal(target.vertices, wanted.vertices)
        np.testing.assert_allclose(target.position_offsets, wanted.position_offsets)


def test_the_sphere_map_beside_a_texture_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "skin.png").write_bytes(png(np.full((2, 2, 4), 255, np.uint8)))
    draft = person_draft()
    draft.materials[0]["file"] = "skin.png*shine.sph"
    draft.materials[1]["file"] = "shine.spa"
    images = [material.image for material in load(draft, tmp_path).materials]
    assert images[0] is not None
    assert images[1] is None


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda d: d.bones.clear() or d.bodies.clear() or d.joints.clear(), "no bones"),
        (lambda d: d.bone("頭").update(parent=500), "refers to bone 500"),
        (lambda d: d.bone("全ての親").update(parent=d.bone_index("頭")), "hangs from itself"),
        (lambda d: d.bone("頭").update(position=(0, float("nan"), 0)), "none or absurd"),
        (lambda d: d.vertices[3].update(bones=[900]), "refers to bone 900"),
        (lambda d: d.vertices[3].update(position=(0, float("inf"), 0)), "none or absurd"),
        (lambda d: d.indices.__setitem__(4, 60000), "refers to vertex 60000"),
        (lambda d: d.materials[0].update(count=3), "another number of triangles"),
        (lambda d: d.joints[0].update(a=900), "refers to rigid body 900"),
    ],
)
def test_broken_models_are_refused(
    tmp_path: Path, damage: Callable[[PmxDraft], None], reason: str
) -> None:
    draft = person_draft()
    damage(draft)
    with pytest.raises(RigFormatError, match=reason):
        load(draft, tmp_path)


def test_random_damage_is_survived(tmp_path: Path, rng: np.random.Generator) -> None:
    data = np.frombuffer(pmd_data(person_draft()), np.uint8)
    path = tmp_path / "damaged.pmd"
    for number in range(150):
        damaged = data[: len(data) if number % 5 else rng.integers(3, len(data))].copy()
        places = rng.integers(min(283, len(damaged) - 1), len(damaged), 3)
        damaged[places] = rng.choice(np.array((0, 1, 127, 128, 255), np.uint8), 3)
        path.write_bytes(damaged.tobytes())
        with contextlib.suppress(RigFormatError):
            load_rig(path)
