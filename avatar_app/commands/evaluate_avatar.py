"""``evaluate --avatar``: an avatar's own drawings, painted against its rig's toon drawing."""

import argparse
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renderer.evaluation import Comparison, Contest
    from renderer.sheet.avatar_file import Avatar

DIFFERENCE_GAIN = 3.0  # errors are too faint to see as they are
WORST_SHOWN = 6


def run(arguments: argparse.Namespace) -> int:
    """Paint every case, print a table, write the JSON."""
    from avatar_app.commands.report import write_json
    from avatar_app.engine import EngineConfig, EngineParts

    avatar = EngineParts().load_avatar(EngineConfig(avatar=arguments.avatar))
    contest = _open_contest(avatar, arguments)
    summary: dict[str, Any] = {}
    for name, results in _contest_results(contest, arguments):
        summary[name] = _summary(results)
        _print_row(name, summary[name])
        if arguments.pictures is not None:
            _write_worst(arguments.pictures / f"{name.replace(' ', '-')}.png", results)
    contest.decoder.close()
    if arguments.json is not None:
        head = {
            "avatar": avatar.name,
            "views": len(avatar.sheet.views),
            "size": arguments.size,
            "supersampling": arguments.supersampling,
            "device": contest.decoder.device,
        }
        write_json(arguments.json, {**head, **summary})
    return 0


def _open_contest(avatar: "Avatar", arguments: argparse.Namespace) -> "Contest":
    """Open rasterizers and decoder; the process's end closes the rasterizers."""
    from avatar_app.commands.evaluated_decoder import open_evaluated_decoder
    from renderer.evaluation import Contest
    from udp_live.rasterizer.gl_context import open_context
    from udp_live.rasterizer.toon_pass import ToonRasterizer, ToonStyle
    from udp_live.rasterizer.udp_pass import UdpRasterizer

    side, scale = arguments.size, arguments.supersampling
    ink = avatar.sheet.ink
    context = open_context(arguments.gl_backend)
    style = ToonStyle(ink_width=ink.width, ink_tint=ink.tint)
    toon = ToonRasterizer(context, avatar.rig, (side, side), style)
    udp = UdpRasterizer(context, avatar.rig, (side * scale, side * scale))
    decoder = open_evaluated_decoder(arguments.decoder, arguments.device)
    return Contest(avatar.rig, toon, udp, decoder, decoder.encode(avatar.sheet), scale)


def _contest_results(
    contest: "Contest", arguments: argparse.Namespace
) -> "Iterator[tuple[str, list[Comparison]]]":
    """Yield the results of random poses and of expressions, in bust and full framing."""
    from renderer.evaluation import evaluate, expression_cases, random_cases
    from udp_live.rig.framing import Framing

    for framing in (Framing.BUST, Framing.FULL):
        poses = random_cases(contest.rig, framing, arguments.poses, arguments.seed)
        yield f"{framing.value} poses", list(evaluate(contest, poses))
        expressions = list(evaluate(contest, expression_cases(contest.rig, framing)))
        if expressions:
            yield f"{framing.value} expressions", expressions


def _summary(results: "list[Comparison]") -> dict[str, Any]:
    scores = [result.score for result in results]
    worst = min(scores, key=lambda score: score.figure_psnr)
    return {
        "pictures": len(scores),
        "psnr_db": round(fmean(score.figure_psnr for score in scores), 2),
        "worst_psnr_db": round(worst.figure_psnr, 2),
        "worst": worst.name,
        "l1": round(fmean(score.image_l1 for score in scores), 5),
        "decode_ms": round(median(score.decode_ms for score in scores), 2),
    }


def _print_row(name: str, row: dict[str, Any]) -> None:
    print(
        f"{name:18} {row['pictures']:4} pictures  PSNR {row['psnr_db']:5.2f} dB "
        f"(worst {row['worst_psnr_db']:5.2f}: {row['worst']})  "
        f"L1 {row['l1']:.4f}  {row['decode_ms']:.1f} ms",
        flush=True,
    )


def _write_worst(path: Path, results: "list[Comparison]") -> None:
    """Write truth, painting and difference of the worst pictures, one row each."""
    import numpy as np

    from avatar_app.commands.report import write_whole
    from renderer.evaluation import over_grey
    from renderer.sheet.sheet_files import encode_png

    rows = []
    for result in sorted(results, key=lambda result: result.score.figure_psnr)[:WORST_SHOWN]:
        truth = over_grey(result.truth, premultiplied=False)
        painted = over_grey(result.painted, premultiplied=True)
        difference = np.minimum(np.abs(truth - painted) * DIFFERENCE_GAIN, 255)
        rows.append(np.concatenate([truth, painted, difference], axis=1))
    picture = np.concatenate(rows).round().astype(np.uint8)
    opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
    write_whole(path, encode_png(np.concatenate([picture, opaque], axis=2)))
