"""Train the guided decoder's network on stored samples.

A step depends on the seed and its own number alone, so a run that was interrupted continues as if
nothing had happened; on a processor to the last bit. To train on several GPUs, each process would
draw its own part of ``_batch`` and average gradients after ``backward`` in ``_step``.
"""

import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import AdamW

from renderer.errors import RendererError
from renderer.guided.network import Block, GuidedConfig, GuidedNetwork
from renderer.training.augmentation import augmented
from renderer.training.losses import LossWeights, losses, weighted_sum
from renderer.training.sample_store import Samples, SampleStore, join
from renderer.training.validation import Verdict, validate
from udp_live.whole_file import replaced

WARM_UP = 0.05  # of the run, until the learning rate is at its height
LAST_RATE = 0.02  # of the highest, at the end
BETAS = (0.9, 0.98)
MOST_GRADIENT = 1.0
# What reading a state raises where it is damaged or of another network.
DAMAGE = (SafetensorError, OSError, ValueError, TypeError, LookupError, RuntimeError)


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


class Trainer:
    """One training run. One thread."""

    def __init__(
        self,
        config: TrainerConfig,
        train: SampleStore,
        validation: SampleStore,
        device: torch.device | None = None,
    ) -> None:
        """Begin a run at step 0.

        Args:
            config: How to train.
            train: Samples to learn from.
            validation: Samples of other characters, to choose the best network by.
            device: None takes the processor.
        """
        self._config, self._train, self._validation = config, train, validation
        self._device = device or torch.device("cpu")
        torch.manual_seed(config.seed)
        self.network = GuidedNetwork(config.network).to(self._device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).eval()
        self.best = copy.deepcopy(self.average)
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
        """Train to the end; ``tell`` hears of every step."""
        while self.progress < 1:
            start = time.monotonic()
            rate = learning_rate(self._config.learning_rate, self.progress)
            parts, loss = self._step(rate)
            self._elapsed_s += time.monotonic() - start
            verdict, active, is_best = None, None, False
            if self.step % self._config.validate_every == 0 or self.progress >= 1:
                verdict, active, is_best = self._validate()
            tell(StepNews(self.step, self.progress, loss, parts, rate, verdict, active, is_best))

    def _step(self, rate: float) -> tuple[dict[str, float], float]:
        samples, clips = self._batch(self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        with self._precision():
            colour, alpha = self.network(samples.slots, samples.picture)
        soft = samples.picture[:, 3]
        parts = losses(colour.float(), alpha.float(), samples.truth, soft, clips)
        loss = weighted_sum(parts, self._config.loss)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), MOST_GRADIENT)
        self._optimizer.step()
        self.step += 1
        self._follow()
        return {name: float(part.detach()) for name, part in parts.items()}, float(loss.detach())

    def _batch(self, step: int) -> tuple[Samples, Tensor]:
        """Draw the batch of a step, and which pairs of its pictures are from clips."""
        random = np.random.default_rng((self._config.seed, step))
        draws = []
        for _ in range(self._config.batch // 2):
            samples, is_clip = self._train.draw(random, self._config.crop_px)
            draws.append((augmented(samples, random), is_clip))
        clips = torch.tensor([is_clip for _, is_clip in draws], device=self._device)
        return join([samples for samples, _ in draws]).to(self._device), clips

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
        is_best = verdict.metrics["psnr_db"] > self.best_verdict.metrics["psnr_db"]
        if is_best:
            self.best.load_state_dict(self.average.state_dict())
            self.best_verdict = verdict
        samples, _ = self._batch(self.step)
        return verdict, active_share(self.average, samples), is_best

    def save(self, path: Path) -> None:
        """Write the state of the run in one step.

        Raises:
            OSError: It cannot be written.
        """
        tensors = {
            f"{part}.{name}": tensor.contiguous()
            for part, network in self._networks().items()
            for name, tensor in network.state_dict().items()
        }
        for index, moments in self._optimizer.state_dict()["state"].items():
            for name, tensor in moments.items():
                tensors[f"optimizer.{index}.{name}"] = tensor.contiguous()
        header = {
            "config": repr(self._config),
            "best_metrics": self.best_verdict.metrics,
            "step": self.step,
            "elapsed_s": self._elapsed_s,
        }
        with replaced(path) as temporary:
            save_file(tensors, temporary, {"header": json.dumps(header)})

    def _networks(self) -> dict[str, GuidedNetwork]:
        return {"network": self.network, "average": self.average, "best": self.best}

    def resume(self, path: Path) -> None:
        """Continue a saved run of the same configuration.

        Raises:
            RendererError: The file is damaged, or of another configuration.
        """
        try:
            with safe_open(str(path), framework="pt") as file:
                header = json.loads(file.metadata()["header"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if header["config"] != repr(self._config):
                raise ValueError("it was written with other settings")
            for part, network in self._networks().items():
                network.load_state_dict(_below(tensors, part))
            moments: dict[int, dict[str, Tensor]] = {}
            for name, tensor in _below(tensors, "optimizer").items():
                index, moment = name.split(".")
                moments.setdefault(int(index), {})[moment] = tensor
            self._optimizer.load_state_dict(
                {"state": moments, "param_groups": self._optimizer.state_dict()["param_groups"]}
            )
            self.best_verdict = Verdict(header["best_metrics"])
            self.step, self._elapsed_s = int(header["step"]), float(header["elapsed_s"])
        except DAMAGE as error:
            raise RendererError(
                f"cannot continue from {path}: {str(error)[:200]}; "
                "give the settings that it was started with, or another --output"
            ) from error


def _below(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with ``part.``, without it."""
    return {
        name.removeprefix(f"{part}."): tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{part}.")
    }


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
