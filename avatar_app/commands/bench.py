"""Measure how fast every stage is alone, and the whole pipeline in real time."""

import argparse
from pathlib import Path
from typing import Any

from avatar_app.commands.live_options import DECODERS, DEVICES
from avatar_app.paths import DEFAULT_AVATAR_NAME

STAGES = ("capture", "tracking", "retargeting", "springs", "udp", "decoder", "pipeline")


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("bench", help="measure speed", description=__doc__)
    add = parser.add_argument
    add("--avatar", default=DEFAULT_AVATAR_NAME, help="name, folder or .kigurumi file")
    add("--video", type=Path, help="a person on video; default: the avatar playing a clip")
    add("--decoder", choices=DECODERS, default="guided", help="what paints")
    add("--device", choices=DEVICES, default="auto", help="where it runs")
    add("--size", type=int, action="append", help="decoder size; default: 256, 384 and 512")
    add("--views", type=int, action="append", help="sheet views; default: 4, 8 and all")
    add("--stage", choices=STAGES, action="append", help="measure only this; may be repeated")
    add("--seconds", type=float, default=2.0, help="time per measurement")
    add("--json", type=Path, metavar="FILE", help="write the rows")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print a table, write the JSON."""
    from avatar_app.commands.bench_plan import BenchPlan, machine
    from avatar_app.commands.live_options import usage_errors
    from avatar_app.commands.report import write_json
    from avatar_app.paths import find_avatar

    with usage_errors():
        plan = BenchPlan(
            avatar=find_avatar(arguments.avatar),
            video=arguments.video,
            decoder=arguments.decoder,
            device=arguments.device,
            sizes=tuple(arguments.size or (256, 384, 512)),
            views=tuple(arguments.views or (4, 8, 32)),
            seconds=arguments.seconds,
            stages=tuple(arguments.stage or STAGES),
            gl_backend=arguments.gl_backend,
        )
    rows = []
    print(machine())
    print(
        f"{'stage':34} {'size':>5} {'views':>5} {'device':>8} {'fps':>8} "
        f"{'p50 ms':>8} {'p95 ms':>8}"
    )
    for row in plan.rows():
        rows.append(row)
        size, views = row["size"] or "", row["views"] or ""
        print(
            f"{row['stage']:34} {size:>5} {views:>5} {row['device'][:8]:>8} "
            f"{row['fps']:8.1f} {row['p50_ms']:8.2f} {row['p95_ms']:8.2f}",
            flush=True,
        )
    if arguments.json is not None:
        write_json(arguments.json, {"machine": machine(), "rows": rows})
    return 0
