"""``evaluate``: how close the decoder's pictures come to the avatar's own toon drawing."""

import argparse
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from avatar_app.commands.live_options import DECODERS, DEVICES
from avatar_app.paths import DEFAULT_AVATAR_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renderer.evaluation import Comparison, Contest
    from renderer.sheet.avatar_file import Avatar

DIFFERENCE_GAIN = 3.0  # errors are too faint to see as they are
WORST_SHOWN = 6


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("evaluate", help="measure quality", description=__doc__)
    add = parser.add_argument
    add("--avatar", default=DEFAULT_AVATAR_NAME, help="name, folder or .kigurumi file")
    add("--decoder", choices=DECODERS, default="guided", help="what paints")
    add("--device", choices=DEVICES, default="auto", help="where it runs")
    add("--size", type=int, default=384, help="side of the pictures in pixels")
    add("--poses", type=int, default=60, help="random poses per framing")
    add("--seed", type=int, default=0, help="of the random poses")
    add("--supersampling", type=int, choices=(1, 2), default=2, help="of edges")
    add("--json", type=Path, metavar="FILE", help="write the scores")
    add("--pictures", type=Path, metavar="DIR", help="write the worst pictures beside the truth")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Paint every case, print a table, write the JSON."""
    from avatar_app.commands.report import write_json
    from avatar_app.engine import EngineConfig, EngineParts
    from avatar_app.errors import UsageError
    from avatar_app.paths import find_avatar

    if not 64 <= arguments.size <= 2048 or not 1 <= arguments.poses <= 10_000:
        raise UsageError("--size must be 64 to 2048, --poses 1 to 10000")
    avatar = EngineParts().load_avatar(EngineConfig(avatar=find_avatar(arguments.avatar)))
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
    from avatar_app.engine.avatar_painter import fair_threads
    from avatar_app.engine.decoder_choice import open_app_decoder
    from avatar_app.paths import encodings_folder
    from renderer.engines.torch_device import limit_processor_threads
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
    limit_processor_threads(fair_threads())  # as in the live pipeline
    decoder = open_app_decoder(arguments.decoder, arguments.device, encodings_folder())
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
    worst = min(scores, key=lambda score: score.psnr_db)
    return {
        "pictures": len(scores),
        "psnr_db": round(fmean(score.psnr_db for score in scores), 2),
        "worst_psnr_db": round(worst.psnr_db, 2),
        "worst": worst.name,
        "l1": round(fmean(score.l1 for score in scores), 5),
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
    for result in sorted(results, key=lambda result: result.score.psnr_db)[:WORST_SHOWN]:
        truth = over_grey(result.truth, premultiplied=False)
        painted = over_grey(result.painted, premultiplied=True)
        difference = np.minimum(np.abs(truth - painted) * DIFFERENCE_GAIN, 255)
        rows.append(np.concatenate([truth, painted, difference], axis=1))
    picture = np.concatenate(rows).round().astype(np.uint8)
    opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
    write_whole(path, encode_png(np.concatenate([picture, opaque], axis=2)))
