"""What ``train`` tells and keeps while it runs: a bar, lines, curves, weights, pictures."""

import argparse
import copy
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from avatar_app.commands.progress_bar import ProgressBar

if TYPE_CHECKING:
    from torch import device as Device  # noqa: N812

    from renderer.training.sample_store import SampleStore
    from renderer.training.trainer import StepNews, Trainer

STATE_NAME, CURVES_NAME, PREVIEW_NAME = "state.safetensors", "curves.csv", "preview.png"
SAVE_EVERY = 250  # steps
FOLDERS = ("--data", "--motions", "--output", "--samples", "--teacher", "--vgg")


def weights_path(folder: Path, preset: str) -> Path:
    """Return where the best network of a run lies."""
    return folder / f"guided-{preset}.safetensors"


class TrainingLog:
    """Hears of every step of one run."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        trainer: "Trainer",
        train: "SampleStore",
        validation: "SampleStore",
    ) -> None:
        """Prepare; nothing is written yet."""
        self._arguments, self._trainer = arguments, trainer
        self._train, self._validation = train, validation
        self._bar = ProgressBar(unit="steps")

    def begin(self, device: "Device") -> None:
        """Say what is trained on what; open the curves."""
        from renderer.training.curves import Curves

        step = self._trainer.step
        self._curves = Curves(self._arguments.output / CURVES_NAME, step)
        if step:
            print(f"continuing at step {step}")
        print(
            f"{self._arguments.preset}: {len(self._train)} pictures to learn from, "
            f"{len(self._validation)} to choose by, on {device}",
            flush=True,
        )
        self._bar.begin("training", self._expected(), step)

    def hear(self, news: "StepNews") -> None:
        """Note a step; keep the network if it is the best, the state now and then."""
        self._curves.add(news)
        self._bar.advance(self._expected())
        if news.verdict is not None:
            self._bar.make_way()
            metrics = news.verdict.metrics
            print(
                f"step {news.step}: loss {news.loss:.4f}; validation {metrics['psnr_db']:.2f} dB, "
                f"L1 {metrics['l1']:.4f}; classical {metrics['filled_psnr_db']:.2f} dB, "
                f"L1 {metrics['filled_l1']:.4f}; {news.active:.0%} of the channels active"
                + ("; the best so far, kept" if news.is_best else ""),
                flush=True,
            )
        if news.is_best:
            self._keep_best()
        if news.step % SAVE_EVERY == 0:
            self._trainer.save(self._arguments.output / STATE_NAME)

    def end(self) -> None:
        """End the bar; tell of an interruption."""
        if self._trainer.progress >= 1:
            self._bar.end()
            return
        self._bar.close()
        print(f"stopped after step {self._trainer.step}; the same command goes on from here")

    def _expected(self) -> int:
        """Return how many steps the run will have, by the clock if that is what ends it."""
        trainer = self._trainer
        if self._arguments.minutes is None:
            return int(self._arguments.steps)
        return round(trainer.step / trainer.progress) if trainer.progress else 1

    def _keep_best(self) -> None:
        """Write weights, manifest and pictures of the best network so far."""
        import cv2

        from avatar_app.commands.report import write_whole
        from renderer.guided.network_file import NetworkManifest, save_network
        from renderer.training.preview import draw_preview

        trainer, output = self._trainer, self._arguments.output
        data = {
            "characters": list(self._train.identities),
            "pictures": len(self._train),
            "validation_characters": list(self._validation.identities),
            "validation_pictures": len(self._validation),
            "steps": trainer.step,
        }
        manifest = NetworkManifest(
            trainer.best.config, trainer.best_verdict.metrics, data, _command_line()
        )
        save_network(trainer.best, weights_path(output, self._arguments.preset), manifest)
        picture = draw_preview(copy.deepcopy(trainer.best).to("cpu"), self._validation)
        done, png = cv2.imencode(".png", picture[..., ::-1])
        if done:
            write_whole(output / PREVIEW_NAME, bytes(png))


def _command_line() -> str:
    """Return what was typed without the folders of this machine."""
    words: list[str] = []
    for word in sys.argv[1:]:
        option, equals, _ = word.partition("=")
        if words and words[-1] in FOLDERS:
            words.append("DIR")
        else:
            words.append(f"{option}=DIR" if equals and option in FOLDERS else word)
    return shlex.join(words)
