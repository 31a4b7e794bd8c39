"""``evaluate --set``: sheets drawn of rigs for the occasion, a table per character, means."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.commands.evaluated_decoder import (
    ABLATIONS,
    UNREGISTERED,
    open_evaluated_decoder,
)
from avatar_app.commands.evaluation_picture import Exhibit, draw_exhibits
from avatar_app.commands.evaluation_table import heading, photo_l1_table, row
from avatar_app.commands.report import write_json, write_whole
from renderer.evaluation import evaluate
from renderer.evaluation.evaluation_set import DEFAULT_VIEWS, SETS
from renderer.evaluation.summary import means, summarise
from renderer.evaluation.trial import Trial, TrialOptions, TrialResult
from renderer.types import InkStyle

if TYPE_CHECKING:
    import moderngl

    from renderer.engines import Decoder
    from renderer.evaluation import Comparison, PerceptualDistance
    from udp_live.rig.rig import Rig

NO_LPIPS = "LPIPS is left out: weights of its network are not here, see --lpips"

Figures = dict[str, float]
ByViews = dict[int, dict[str, Any]]  # number of drawings to identities and means


def run(arguments: argparse.Namespace) -> int:
    """Measure every character, print the table, write JSON and contact sheet."""
    from udp_live.rasterizer.gl_context import open_context

    perceptual = _perceptual(arguments.lpips)
    context = open_context(arguments.gl_backend)
    try:
        device, rows, exhibits = _measure_all(arguments, context, perceptual)
    finally:
        context.release()
    by_views = rows[arguments.decoder]
    if len(by_views) > 1 or len(rows) > 1:
        print(photo_l1_table(rows))
    if perceptual is None:
        print(NO_LPIPS)
    if arguments.json is not None:
        report = _report(arguments, device, by_views)
        if len(rows) > 1:
            report["ablations"] = {name: _by_text(rows[name]) for name in ABLATIONS}
        write_json(arguments.json, report)
    if arguments.picture is not None:
        write_whole(arguments.picture, draw_exhibits(exhibits))
    return 0


def _measure_all(
    arguments: argparse.Namespace,
    context: "moderngl.Context",
    perceptual: "PerceptualDistance | None",
) -> tuple[str, dict[str, ByViews], list[Exhibit]]:
    """Return device, figures by decoder, and what the contact sheet shows of the first one."""
    names = (arguments.decoder, *(ABLATIONS if arguments.ablations else ()))
    rows: dict[str, ByViews] = {}
    shown: list[Exhibit] = []
    for name in names:
        decoder = open_evaluated_decoder(
            name, arguments.device, registers=not arguments.no_registration
        )
        print(f"{arguments.set}, {arguments.size} px, {name} on {decoder.device}")
        try:
            bench = _Bench(arguments, decoder, context, perceptual)
            rows[name], exhibits = _measure(arguments, bench, shows=not rows)
        finally:
            decoder.close()
        shown = shown or exhibits
    return decoder.device, rows, shown


def _perceptual(folder: Path | None) -> "PerceptualDistance | None":
    """Return LPIPS with the weights of a folder, or of torch's own where there are any."""
    from renderer.evaluation.lpips import Lpips, lpips_folder

    folder = folder or lpips_folder()
    return None if folder is None else Lpips(folder)


def _measure(
    arguments: argparse.Namespace, bench: "_Bench", *, shows: bool
) -> tuple[ByViews, list[Exhibit]]:
    """Print a row per character and number of drawings, and their means."""
    counts = SETS[arguments.set].view_counts or (arguments.views,)
    found: dict[int, dict[str, Figures]] = {count: {} for count in counts}
    exhibits: list[Exhibit] = []
    print(heading(), flush=True)
    for name, rig in _characters(arguments):
        for count in counts:
            found[count][name] = bench.measure(rig, count)
            print(row(name, count, found[count][name]), flush=True)
        if shows and arguments.picture is not None:
            exhibits += bench.exhibits(name, rig, _shown_count(counts))
    by_views = {count: _with_means(figures) for count, figures in found.items()}
    for count, figures in by_views.items():
        print(row("mean", count, figures["means"]))
    return by_views, exhibits


class _Bench:
    """Measures one character after the other with one decoder and set."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        decoder: "Decoder",
        context: "moderngl.Context",
        perceptual: "PerceptualDistance | None",
    ) -> None:
        self._arguments = arguments
        self._perceptual = perceptual
        self._set = SETS[arguments.set]
        self._draws = min(self._set.draws, arguments.poses)  # a sheet without pictures is no use
        self._decoder = decoder
        self._context = context

    def measure(self, rig: "Rig", views: int) -> Figures:
        """Return the figures of a character, over all draws of its sheet."""
        results = [self._result(rig, views, draw) for draw in range(self._draws)]
        scores = [c.score for result in results for c in result.comparisons]
        return summarise(scores, [f for result in results for f in result.flickers])

    def exhibits(self, name: str, rig: "Rig", views: int) -> list[Exhibit]:
        """Paint a full figure, a bust and a face, beside what others make of them."""
        with closing(self._trial(rig, views, 0)) as trial:
            painted = {
                label: self._painted(trial, other, registers)
                for label, other, registers in self._beside()
            }
            painted[self._arguments.decoder] = list(
                evaluate(trial.contest(self._decoder), trial.exhibit_cases())
            )
            drawings = tuple(view.image for view in trial.sheet.views)
        last = painted[self._arguments.decoder]
        return [
            Exhibit(
                f"{name}, {shown.score.name.split()[0]}",
                drawings,
                shown.truth,
                {label: found[index].painted for label, found in painted.items()},
            )
            for index, shown in enumerate(last)
        ]

    def _beside(self) -> list[tuple[str, str, bool]]:
        """Return label, decoder and registration of the other columns of the contact sheet."""
        name, registers = self._arguments.decoder, not self._arguments.no_registration
        beside = [("plain", "plain", registers)] if name == "lookup" else []
        if name in UNREGISTERED and registers and not self._set.wrongness.is_exact:
            beside.append(("lookup, not registered", "lookup", False))
        if name not in ("plain", "lookup"):
            beside.append(("lookup", "lookup", registers))
        return beside

    def _painted(self, trial: Trial, name: str, registers: bool) -> "list[Comparison]":
        with closing(
            open_evaluated_decoder(name, self._arguments.device, registers=registers)
        ) as decoder:
            return list(evaluate(trial.contest(decoder), trial.exhibit_cases()))

    def _result(self, rig: "Rig", views: int, draw: int) -> TrialResult:
        poses = _share(self._arguments.poses, self._draws, draw)
        clips = _share(self._arguments.clips, self._draws, draw)
        with closing(self._trial(rig, views, draw)) as trial:
            return trial.run(trial.contest(self._decoder), poses, clips, self._perceptual)

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
        "registration": not arguments.no_registration,
        "views": shown,
        **by_views[shown],
    }
    if len(by_views) > 1:
        report["by_views"] = _by_text(by_views)
    return report


def _by_text(by_views: ByViews) -> dict[str, Any]:
    return {str(count): figures for count, figures in by_views.items()}
