"""Train the guided decoder's network on stored samples.

A step depends on the seed and its own number alone, so a run that was interrupted continues as if
nothing had happened; on a processor to the last bit. Several processes share each batch out among
themselves, see Processes, and come to what one alone would.
"""

import copy
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import AdamW

from renderer.errors import RendererError
from renderer.guided.network import Block, GuidedConfig, GuidedNetwork
from renderer.training.augmentation import augmented
from renderer.training.held_samples import HeldSamples, fits
from renderer.training.losses import (
    LossWeights,
    Painting,
    distance_to_teacher,
    losses,
    weighted_sum,
)
from renderer.training.processes import Processes, compiled
from renderer.training.sample_store import Samples, SampleStore
from renderer.training.training_state import Progress, read_state, write_state
from renderer.training.validation import Verdict, validate
from renderer.training.vgg import Vgg

WARM_UP = 0.05  # of the run, until the learning rate is at its height
LAST_RATE = 0.02  # of the highest, at the end
BETAS = (0.9, 0.98)
MOST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """How to train.

    Attributes:
        network: Size of the network.
        steps: Length of the run.
        minutes: Length of the run by the clock instead; such a run cannot be repeated to the bit.
        batch: Pictures per step, even.
        crop_px: Side of their crops, a multiple of what the network needs.
        learning_rate: Highest of the run.
        weight_decay: Of AdamW.
        ema_decay: Of the average over steps that is validated and kept.
        validate_every: Steps between validations.
        validate_on: Pictures of a validation at most.
        seed: Of all chance.
        half: Compute in bfloat16 where that loses nothing.
        compile: Let torch compile the network, which takes a minute; for GPUs.
        loss: How much each part of the loss counts.
    """

    network: GuidedConfig = field(default_factory=GuidedConfig)
    steps: int = 20_000
    minutes: float | None = None
    batch: int = 4
    crop_px: int = 160
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-4
    ema_decay: float = 0.998
    validate_every: int = 250
    validate_on: int = 48
    seed: int = 0
    half: bool = False
    compile: bool = False
    loss: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        if self.batch < 2 or self.batch % 2:
            raise ValueError(f"unexpected batch: {self.batch} is not even and positive")
        if self.crop_px < 16 or self.crop_px % self.network.multiple:
            raise ValueError(
                f"unexpected crop: {self.crop_px} is no multiple of {self.network.multiple}"
            )
        if self.steps < 1 or self.validate_every < 1 or self.validate_on < 1:
            raise ValueError(f"unexpected numbers of steps: {self}")


@dataclass(frozen=True, slots=True)
class StepNews:
    """What a step came to.

    Attributes:
        step: Steps done.
        progress: Share of the run that is done.
        loss: Weighted sum.
        parts: Of the loss.
        learning_rate: Of the step.
        verdict: Of the validation after it, None where there was none.
        active: Share of the channels that fire anywhere; measured with validations, else None.
        is_best: The network was better than ever.
    """

    step: int
    progress: float
    loss: float
    parts: dict[str, float]
    learning_rate: float
    verdict: Verdict | None = None
    active: float | None = None
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class Guides:
    """Networks that a picture is held against besides the truth.

    Attributes:
        teacher: A trained network to be like, of any size.
        vgg: To see both pictures with.
    """

    teacher: GuidedNetwork | None = None
    vgg: Vgg | None = None

    def to(self, device: torch.device) -> "Guides":
        """Copy to a device, ready to be asked."""
        teacher = self.teacher and self.teacher.folded().to(device).requires_grad_(False)
        return Guides(teacher, self.vgg and self.vgg.to(device))


class Trainer:
    """One training run, or one process's part of it. One thread."""

    def __init__(
        self,
        config: TrainerConfig,
        train: SampleStore,
        validation: SampleStore,
        *,
        device: torch.device | None = None,
        guides: Guides | None = None,
        processes: Processes | None = None,
    ) -> None:
        """Begin a run at step 0.

        Args:
            config: How to train.
            train: Samples to learn from.
            validation: Samples of other characters, to choose the best network by.
            device: None takes the processor.
            guides: None for none.
            processes: That share each batch, met already; None trains alone.

        Raises:
            ValueError: The batch cannot be shared out evenly.
            RendererError: Samples are damaged.
        """
        self._config, self._train, self._validation = config, train, validation
        self._device = device or torch.device("cpu")
        self._guides = (guides or Guides()).to(self._device)
        self._processes = processes or Processes()
        self._pairs = self._processes.share(config.batch // 2)
        held = fits(train, self._device)
        self._source = HeldSamples(train, self._device) if held else train
        self.should_stop = False  # before the next step, and with it all other processes
        torch.manual_seed(config.seed)
        self.network = GuidedNetwork(config.network).to(self._device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._processes.share_normalisation(self.network)
        self.average = copy.deepcopy(self.network).eval()
        self.best = copy.deepcopy(self.average)
        self._paint = compiled(self.network) if config.compile else self.network
        self.best_verdict = Verdict({"psnr_db": -math.inf, "filled_psnr_db": 0.0})
        self._optimizer = AdamW(
            self.network.parameters(),
            config.learning_rate,
            betas=BETAS,
            weight_decay=config.weight_decay,
        )
        self.step = 0
        self._elapsed_s = 0.0

    @property
    def progress(self) -> float:
        """Share of the run that is done, from 0 to 1."""
        if self._config.minutes is not None:
            return min(self._elapsed_s / (60 * self._config.minutes), 1.0)
        return min(self.step / self._config.steps, 1.0)

    def run(self, tell: Callable[[StepNews], None]) -> None:
        """Train to the end or until ``should_stop``; ``tell`` hears of every step.

        Raises:
            RendererError: Samples are damaged, or the loss is no longer a number.
        """
        mean = self._processes.mean
        while self.progress < 1 and not mean(float(self.should_stop), self._device):
            start = time.monotonic()
            rate = learning_rate(self._config.learning_rate, self.progress)
            parts, loss = self._step(rate)
            self._elapsed_s += mean(time.monotonic() - start, self._device)
            verdict, active, is_best = None, None, False
            is_due = self.step % self._config.validate_every == 0 or self.progress >= 1
            if is_due and self._processes.is_first:
                verdict, active, is_best = self._validate()
            tell(StepNews(self.step, self.progress, loss, parts, rate, verdict, active, is_best))

    def _step(self, rate: float) -> tuple[dict[str, float], float]:
        samples, clips = self._batch(self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        parts = self._blame(samples, clips)
        loss = weighted_sum(parts, self._config.loss)
        told = self._processes.total(torch.stack([loss.detach(), *parts.values()]).detach())
        whole, *shares = told.tolist()
        if not math.isfinite(whole):  # torch's ``grid_sample`` would crash on the way back
            raise RendererError(
                f"the loss of step {self.step + 1} is not a number: a sample may be damaged, or "
                "the learning rate too high; render anew or give a lower --rate"
            )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._processes.sum_gradients(self.network)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), MOST_GRADIENT)
        self._optimizer.step()
        self.step += 1
        self._follow()
        return dict(zip(parts, shares, strict=True)), whole

    def _blame(self, samples: Samples, clips: Tensor) -> dict[str, Tensor]:
        """Paint a batch; return each part of the loss, this process's share of it."""
        picture, truth, total = samples.picture, samples.truth, self._processes.total
        with self._precision():
            colour, alpha = self._paint(samples.slots, picture)
        painting = Painting(colour.float(), alpha.float())
        parts = losses(painting, truth, picture, clips, total)
        if self._guides.teacher is not None:
            with torch.no_grad(), self._precision():
                colour, alpha = self._guides.teacher.refine_any(samples.slots, picture)
            teacher = Painting(colour.float(), alpha.float())
            parts["teacher"] = distance_to_teacher(painting, teacher, picture, total)
        if self._guides.vgg is not None:
            wanted = Painting(truth[:, :3], truth[:, 3])
            with self._precision():
                parts["vgg"] = self._guides.vgg.distance(
                    painting.over_grey(), wanted.over_grey(), total
                )
        return parts

    def _batch(self, step: int) -> tuple[Samples, Tensor]:
        """Draw this process's part of a step's batch, and which of its pairs are from clips."""
        random = [np.random.default_rng((self._config.seed, step, pair)) for pair in self._pairs]
        crop_px = self._config.crop_px
        chosen = [self._train.choose(one, crop_px) for one in random]
        places = [place for pair, _ in chosen for place in pair]
        samples = self._source.gather(places, crop_px).to(self._device)
        return augmented(samples, random), torch.tensor([is_clip for _, is_clip in chosen])

    def _precision(self) -> AbstractContextManager[Any]:
        if not self._config.half:
            return nullcontext()
        return torch.autocast(self._device.type, torch.bfloat16)

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average a little towards the network; early on, faster."""
        decay = min(self._config.ema_decay, (1 + self.step) / (10 + self.step))
        for mean, value in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    def _validate(self) -> tuple[Verdict, float, bool]:
        verdict = validate(self.average, self._validation, self._config.validate_on, self._device)
        is_best = verdict.balanced_gain_db > self.best_verdict.balanced_gain_db
        if is_best:
            self.best.load_state_dict(self.average.state_dict())
            self.best_verdict = verdict
        samples, _ = self._batch(self.step)
        return verdict, active_share(self.average, samples), is_best

    def save(self, path: Path) -> None:
        """Write the state of the run in one step.

        Raises:
            RendererError: It cannot be written.
        """
        progress = Progress(self.step, self._elapsed_s, self.best_verdict.metrics)
        write_state(path, self._settings(), self._networks(), self._optimizer, progress)

    def resume(self, path: Path) -> None:
        """Continue a saved run of the same settings.

        Raises:
            RendererError: The file is damaged, or of other settings.
        """
        progress = read_state(path, self._settings(), self._networks(), self._optimizer)
        self.step, self._elapsed_s = progress.step, progress.elapsed_s
        self.best_verdict = Verdict(progress.best_metrics)

    def _networks(self) -> dict[str, GuidedNetwork]:
        return {"network": self.network, "average": self.average, "best": self.best}

    def _settings(self) -> dict[str, Any]:
        """Return what a state that is continued must agree in; speed is no part of it."""
        settings = asdict(self._config)
        del settings["compile"]
        guided = {name: getattr(self._guides, name) is not None for name in ("teacher", "vgg")}
        return settings | guided


def learning_rate(highest: float, progress: float) -> float:
    """Return the learning rate: a short rise, then half a cosine."""
    if progress < WARM_UP:
        return highest * (0.1 + 0.9 * progress / WARM_UP)
    down = (progress - WARM_UP) / (1 - WARM_UP)
    return highest * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * down)))


@torch.inference_mode()
def active_share(network: GuidedNetwork, samples: Samples) -> float:
    """Return the share of a network's channels that fire somewhere in a batch.

    Dead channels do not show in the PSNR; they have to be looked for.
    """
    fired: list[Tensor] = []

    def watch(module: torch.nn.Module, inputs: Any, output: Tensor) -> None:
        fired.append((output > 0).any(-1).any(-1).any(0))

    hooks = [
        module.register_forward_hook(watch)
        for module in network.modules()
        if isinstance(module, Block)
    ]
    network(samples.slots, samples.picture)
    for hook in hooks:
        hook.remove()
    return float(torch.cat(fired).float().mean())
