"""Training pairs without OpenGL."""

import numpy as np

from renderer.training.pair_options import PairOptions
from renderer.training.training_pair import TrainingPair
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import NO_INK, doll_view, draw_doll
from udp_live.types import UdpMap

SIDE = 64


class DollPairs:
    """A source of pairs without OpenGL: the doll, from drawings that are 3 % wrong."""

    options = PairOptions(size_px=SIDE, targets_per_sheet=4, clip_frames=2, supersampling=1)

    def is_clip_sheet(self, sheet_number: int) -> bool:
        return sheet_number % 2 == 1

    def pair(self, index: int) -> TrainingPair:
        number, target = divmod(index, self.options.targets_per_sheet)
        views = [doll_view(f"v{i}", 64, yaw_rad=3.1 * i + 0.2 * number) for i in range(2)]
        truth, udp = draw_doll(SIDE, yaw_rad=0.3 * target, swing_rad=0.2 * number)
        udp = udp + np.float32([0.03, 0.0, 0.0, 0.0]) * udp[..., 3:]
        return TrainingPair(
            CharacterSheet(tuple(views), {}, NO_INK),
            UdpMap(udp.astype(np.float32)),
            {},
            truth,
            f"doll#{number}",
            clip=number if self.is_clip_sheet(number) else None,
            sheet_number=number,
            is_exact=number % 2 == 0,
        )
