"""``evaluate --set``: sheets drawn of rigs for the occasion, a table per character, means."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.commands.evaluated_decoder import open_evaluated_decoder
from avatar_app.commands.evaluation_picture import Exhibit, draw_exhibits
from avatar_app.commands.report import write_json, write_whole
from renderer.evaluation.evaluation_set import DEFAULT_VIEWS, SETS
from renderer.evaluation.summary import means, summarise
from renderer.evaluation.trial import Trial, TrialOptions, TrialResult
from renderer.types import InkStyle

if TYPE_CHECKING:
    import moderngl

    from renderer.engines import Decoder
    from udp_live.rig.rig import Rig

CLIPS = 6  # per character and number of drawings
# Whose pictures stand beside a decoder's own on the contact sheet.
REFERENCES: Mapping[str, str] = {"plain": "lookup", "lookup": "plain"}
OTHER_REFERENCE = "lookup"
COLUMNS = (
    *(("figure_psnr", "fig dB", 7), ("worst_figure_psnr", "worst", 6), ("figure_l1", "fig L1", 7)),
    *(("image_l1", "img L1", 7), ("figure_ssim", "SSIM", 6), ("alpha_iou", "IoU", 6)),
    *(("boundary_px", "edge px", 7), ("union_psnr", "uni dB", 6)),
    *(("flicker", "flicker", 7), ("flicker_resampled", "of res.", 7), ("decode_ms", "ms", 6)),
)
NO_LPIPS = "LPIPS is left out: weights of its network are not here"

Figures = dict[str, float]
ByViews = dict[int, dict[str, Any]]  # number of drawings to identities and means


def run(arguments: argparse.Namespace) -> int:
    """Measure every character, print the table, write JSON and contact sheet."""
    from udp_live.rasterizer.gl_context import open_context

    decoder = open_evaluated_decoder(arguments.decoder, arguments.device)
    context = open_context(arguments.gl_backend)
    print(f"{arguments.set}, {arguments.size} px, {arguments.decoder} on {decoder.device}")
    try:
        by_views, exhibits = _measure(arguments, _Bench(arguments, decoder, context))
    finally:
        context.release()
        decoder.close()
    if len(by_views) > 1:
        print(_photo_l1_table(arguments.decoder, by_views))
    print(NO_LPIPS)
    if arguments.json is not None:
        write_json(arguments.json, _report(arguments, decoder.device, by_views))
    if arguments.picture is not None:
        write_whole(arguments.picture, draw_exhibits(exhibits))
    return 0


def _measure(arguments: argparse.Namespace, bench: "_Bench") -> tuple[ByViews, list[Exhibit]]:
    """Print a row per character and number of drawings, and their means."""
    counts = SETS[arguments.set].view_counts or (arguments.views,)
    found: dict[int, dict[str, Figures]] = {count: {} for count in counts}
    exhibits: list[Exhibit] = []
    print(_heading(), flush=True)
    for name, rig in _characters(arguments):
        for count in counts:
            found[count][name] = bench.measure(rig, count)
            print(_row(name, count, found[count][name]), flush=True)
        if arguments.picture is not None:
            exhibits += bench.exhibits(name, rig, _shown_count(counts))
    by_views = {count: _with_means(figures) for count, figures in found.items()}
    for count, figures in by_views.items():
        print(_row("mean", count, figures["means"]))
    return by_views, exhibits


class _Bench:
    """Measures one character after the other with one decoder and set."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        decoder: "Decoder",
        context: "moderngl.Context",
    ) -> None:
        self._arguments = arguments
        self._set = SETS[arguments.set]
        self._decoder = decoder
        self._context = context

    def measure(self, rig: "Rig", views: int) -> Figures:
        """Return the figures of a character, over all draws of its sheet."""
        results = [self._result(rig, views, draw) for draw in range(self._set.draws)]
        scores = [c.score for result in results for c in result.comparisons]
        return summarise(scores, [f for result in results for f in result.flickers])

    def exhibits(self, name: str, rig: "Rig", views: int) -> list[Exhibit]:
        """Paint the first full figure and the first bust, beside a reference."""
        reference_name = REFERENCES.get(self._arguments.decoder, OTHER_REFERENCE)
        reference = open_evaluated_decoder(reference_name, self._arguments.device)
        trial = self._trial(rig, views, 0)
        painted = trial.run(trial.contest(self._decoder), 2, 0).comparisons
        beside = trial.run(trial.contest(reference), 2, 0).comparisons
        drawings = tuple(view.image for view in trial.sheet.views)
        trial.close()
        reference.close()
        return [
            Exhibit(
                f"{name}, {this.score.name.split()[0]}",
                drawings,
                this.truth,
                {reference_name: other.painted, self._arguments.decoder: this.painted},
            )
            for this, other in zip(painted, beside, strict=True)
        ]

    def _result(self, rig: "Rig", views: int, draw: int) -> TrialResult:
        trial = self._trial(rig, views, draw)
        poses = _share(self._arguments.poses, self._set.draws, draw)
        clips = _share(CLIPS, self._set.draws, draw)
        try:
            return trial.run(trial.contest(self._decoder), poses, clips)
        finally:
            trial.close()

    def _trial(self, rig: "Rig", views: int, draw: int) -> Trial:
        options = TrialOptions(
            wrongness=self._set.wrongness,
            views=views,
            size_px=self._arguments.size,
            supersampling=self._arguments.supersampling,
            sheet_size_px=self._arguments.sheet_size,
            ink=InkStyle(width=0.0) if self._arguments.no_ink else InkStyle(),
            lit=not self._arguments.unlit,
            expressions=not self._arguments.without_expressions,
            fits_proxy=self._arguments.fit_proxy,
            seed=self._arguments.seed,
        )
        return Trial(self._context, rig, options, draw)


def _characters(arguments: argparse.Namespace) -> "Iterator[tuple[str, Rig]]":
    """Yield name and rig of each character."""
    from avatar_app.engine import EngineConfig, EngineParts
    from udp_live.loaders.rig_file import load_rig

    if not arguments.rig:
        avatar = EngineParts().load_avatar(EngineConfig(avatar=arguments.avatar))
        yield avatar.name, avatar.rig
        return
    for name, path in rig_names(arguments.rig).items():
        yield name, load_rig(path)


def rig_names(paths: Sequence[Path]) -> dict[str, Path]:
    """Name files by folder and stem, or by their whole paths where that is not unique."""
    paths = list(dict.fromkeys(path.resolve() for path in paths))
    short = {f"{path.parent.name}/{path.stem}": path for path in paths}
    return short if len(short) == len(paths) else {str(path): path for path in paths}


def _share(total: int, parts: int, part: int) -> int:
    """Divide a number as evenly as it goes."""
    return total // parts + (part < total % parts)


def _shown_count(counts: Sequence[int]) -> int:
    return DEFAULT_VIEWS if DEFAULT_VIEWS in counts else counts[0]


def _with_means(figures: dict[str, Figures]) -> dict[str, Any]:
    return {"identities": figures, "means": means(list(figures.values()))}


def _report(arguments: argparse.Namespace, device: str, by_views: ByViews) -> dict[str, Any]:
    shown = _shown_count(list(by_views))
    report = {
        "decoder": arguments.decoder,
        "device": device,
        "set": arguments.set,
        "size": arguments.size,
        "sheet_size": arguments.sheet_size,
        "supersampling": arguments.supersampling,
        "seed": arguments.seed,
        "unlit": arguments.unlit,
        "ink": not arguments.no_ink,
        "expressions": not arguments.without_expressions,
        "fit_proxy": arguments.fit_proxy,
        "views": shown,
        **by_views[shown],
    }
    if len(by_views) > 1:
        report["by_views"] = {str(count): figures for count, figures in by_views.items()}
    return report


def _heading() -> str:
    return f"{'character':32} {'drawings':>8} " + " ".join(f"{h:>{w}}" for _, h, w in COLUMNS)


def _row(name: str, views: int, figures: Figures) -> str:
    cells = [_cell(key, figures.get(key), width) for key, _, width in COLUMNS]
    return f"{name[-32:]:32} {views:>8} " + " ".join(cells)


def _cell(key: str, value: float | None, width: int) -> str:
    if value is None:
        return f"{'-':>{width}}"
    digits = 4 if key.endswith(("l1", "ssim", "iou")) else 2
    return f"{value:{width}.{digits}f}"


def _photo_l1_table(decoder: str, by_views: ByViews) -> str:
    """Format the mean L1 over the picture by number of drawings, in the shape of CoNR's table."""
    head = f"{'photo L1, drawings':24}" + "".join(f"{count:>9}" for count in by_views)
    values = "".join(f"{figures['means']['image_l1']:9.4f}" for figures in by_views.values())
    return f"{head}\n{decoder:24}{values}"
