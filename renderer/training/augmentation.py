"""More samples out of each: mirrored, and with their colours exchanged."""

import numpy as np
import torch

from renderer.training.sample_store import Samples

LANDMARK_X = 6  # plane of Slots.picture


def augmented(samples: Samples, random: np.random.Generator) -> Samples:
    """Mirror or not, and permute red, green and blue; the same for the entire batch."""
    order = torch.from_numpy(random.permutation(3))
    slots, picture, truth = (t.clone() for t in (samples.slots, samples.picture, samples.truth))
    slots[:, :, :3] = samples.slots[:, :, order]
    picture[:, :3] = samples.picture[:, order]
    truth[:, :3] = samples.truth[:, order]
    if random.random() < 0.5:
        slots, picture, truth = (t.flip(-1) for t in (slots, picture, truth))
        picture[:, LANDMARK_X] *= -1
    return Samples(slots, picture, truth)
