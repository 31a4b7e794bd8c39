"""What training pairs are like: sizes, views, clips, variants, how wrong, how worn."""

from dataclasses import dataclass

from renderer.training.wear import Wear
from renderer.training.wrong_landmarks import Wrongness


@dataclass(frozen=True, slots=True)
class PairOptions:
    """What pairs are like.

    Attributes:
        size_px: Side of the target's picture.
        sheet_size_px: Side of the square that sheet views are drawn in; some are twice as large.
        sheet_supersampling: Subpixels of the sheet's drawings along each side of a pixel.
        supersampling: Samples of the target's UDP along each side of a pixel.
        toon_supersampling: Subpixels of the truth along each side of a pixel; not as many as of
            maps, which have no sample where some of the lines are.
        views: Fewest and most views of a sheet.
        targets_per_sheet: Consecutive indices that share a sheet.
        clip_frames: Frames of a clip; divides ``targets_per_sheet``.
        clip_share: Share of the sheets whose targets are clips.
        variants: Characters made of each rig, itself included.
        wrongness: Of every sheet; None draws from the training mixture.
        wear: Of every sheet; None draws.
    """

    size_px: int = 256
    sheet_size_px: int = 512
    supersampling: int = 2
    toon_supersampling: int = 3
    sheet_supersampling: int = 2
    views: tuple[int, int] = (1, 8)
    targets_per_sheet: int = 12
    clip_frames: int = 4
    clip_share: float = 0.25
    variants: int = 60
    wrongness: Wrongness | None = None
    wear: Wear | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.views[0] <= self.views[1] <= 32:
            raise ValueError(f"unexpected views: {self.views} not in 1..32, ascending")
        sides = (self.size_px, self.sheet_size_px, self.supersampling, self.sheet_supersampling)
        if min(*sides, self.variants) < 1:
            raise ValueError(f"unexpected options: {self}")
        if self.targets_per_sheet < 1 or not 0 <= self.clip_share <= 1:
            raise ValueError(f"unexpected options: {self}")
        if self.clip_frames < 1 or self.targets_per_sheet % self.clip_frames:
            raise ValueError(
                f"unexpected clip_frames: {self.clip_frames} does not divide the "
                f"{self.targets_per_sheet} targets of a sheet"
            )
