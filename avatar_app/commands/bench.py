"""Measure how fast every stage is alone, and the whole pipeline in real time."""

import argparse
from pathlib import Path
from typing import Any

from avatar_app.commands.live_options import DECODER_HELP, DECODERS, DEVICES
from avatar_app.paths import DEFAULT_AVATAR_NAME

STAGES = ("capture", "tracking", "retargeting", "springs", "udp", "decoder", "pipeline")


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("bench", help="measure speed", description=__doc__)
    add = parser.add_argument
    add("--avatar", default=DEFAULT_AVATAR_NAME, help="name, folder or .kigurumi file")
    add("--video", type=Path, help="a person on video; default: the avatar playing a clip")
    add("--decoder", choices=DECODERS, default="guided", help=DECODER_HELP)
    add("--device", choices=DEVICES, default="auto", help="where it runs")
    add("--size", type=int, action="append", help="decoder size; may be repeated")
    add("--views", type=int, action="append", help="sheet views; may be repeated")
    add("--stage", choices=STAGES, action="append", help="measure only this; may be repeated")
    add("--seconds", type=float, default=2.0, help="time per measurement")
    add("--json", type=Path, metavar="FILE", help="write the rows")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print a table, write the JSON."""
    from avatar_app.commands.bench_conr import PUBLISHED, WITHOUT_PUBLISHED
    from avatar_app.commands.bench_plan import BenchPlan, default_sizes, default_views, machine
    from avatar_app.commands.bench_table import conr_table, ratios, stage_table
    from avatar_app.commands.live_options import usage_errors
    from avatar_app.commands.report import write_json
    from avatar_app.paths import find_avatar

    decoder, device = arguments.decoder, arguments.device
    with usage_errors():
        plan = BenchPlan(
            avatar=find_avatar(arguments.avatar),
            video=arguments.video,
            decoder=decoder,
            device=device,
            sizes=tuple(arguments.size or default_sizes(decoder, device)),
            views=tuple(arguments.views or default_views(decoder, device)),
            seconds=arguments.seconds,
            stages=tuple(arguments.stage or (("decoder",) if decoder == "conr" else STAGES)),
            gl_backend=arguments.gl_backend,
        )
    table = conr_table if decoder == "conr" else stage_table
    rows = []
    print(machine())
    print(table(None))
    for row in plan.rows():
        rows.append(row)
        print(table(row), flush=True)
    if decoder == "conr":
        print(*ratios(rows), sep="\n")
        if not PUBLISHED.is_file():
            print(WITHOUT_PUBLISHED)
    if arguments.json is not None:
        write_json(arguments.json, {"machine": machine(), "rows": rows})
    return 0
