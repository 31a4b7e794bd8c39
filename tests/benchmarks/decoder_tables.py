"""Measure all decoders on characters and write the tables of ``results/decoders.md``.

``python tests/benchmarks/decoder_tables.py --rig FILE ... --poses 12`` runs ``evaluate`` for every
row of every table and replaces what stands between the two marks of the page; text around them
stays. Two runs at a time keep two cores busy, so times are left out; ``--keep`` takes what an
interrupted run has measured already.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT_ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).parent / "results" / "decoders.md"
BEGIN, END = "<!-- tables: tests/benchmarks/decoder_tables.py -->", "<!-- end of tables -->"

COLUMNS = {
    "figure_psnr": ("figure dB", 2),
    "worst_figure_psnr": ("worst", 2),
    "figure_l1": ("figure L1", 4),
    "image_l1": ("image L1", 4),
    "figure_ssim": ("SSIM", 3),
    "alpha_iou": ("alpha IoU", 3),
    "boundary_px": ("edge px", 2),
    "union_psnr": ("union dB", 2),
    "lpips": ("LPIPS", 4),
    "flicker": ("flicker", 2),
    "flicker_resampled": ("of resampled", 2),
}
UNREGISTERED = "lookup, not registered"
FITTED_LOOKUP, FITTED = "lookup, proxy fitted", "guided, proxy fitted"
# What the guided decoder is wanted to reach on the held-out characters.
WANTED_DB, WANTED_L1, WANTED_OVER_PLAIN, WANTED_OVER_FILLED, WANTED_FLICKER = 30, 0.005, 3, 1, 1.1
EASY = ("--unlit", "--no-ink", "--without-expressions", "--views", "5")
# CoNR's own validation set, 128 x 128, as its authors report (draft of the paper).
PAPERS_L1 = {"1": 0.0237, "4": 0.0179}

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One run of ``evaluate``: its table, its name there, its options."""

    table: str
    name: str
    options: tuple[str, ...]

    @property
    def command(self) -> str:
        """Return what somebody would type, without files."""
        return " ".join(self.options)


def rows() -> tuple[Row, ...]:
    """Return everything that is measured; the dearest first, so that nobody waits for it alone."""

    def row(table: str, name: str, decoder: str, *options: str) -> Row:
        clips = ("--clips", "3") if table == "noisy" else ()  # one per sheet
        return Row(table, name, ("--decoder", decoder, "--set", *options, *clips))

    return (
        row("noisy", FITTED, "guided", "noisy", "--fit-proxy"),
        row("noisy", FITTED_LOOKUP, "lookup", "noisy", "--fit-proxy"),
        row("noisy", "lookup", "lookup", "noisy"),
        row("noisy", "guided", "guided", "noisy"),
        row("noisy", UNREGISTERED, "lookup", "noisy", "--no-registration"),
        row("noisy", "plain", "plain", "noisy"),
        row("views", "guided", "guided", "views", "--ablations", "--clips", "0"),
        row("exact", "plain", "plain", "exact"),
        row("exact", "lookup", "lookup", "exact"),
        row("exact", "guided", "guided", "exact"),
        row("easy", "lookup", "lookup", "exact", *EASY),
        row("easy", "guided", "guided", "exact", *EASY),
    )


def measure(row: Row, arguments: argparse.Namespace, folder: Path) -> Report:
    """Run a row, unless its result is there already, and return its report."""
    result = folder / f"{row.table}-{row.name.replace(', ', '-').replace(' ', '-')}.json"
    if not (arguments.keep and result.is_file()):
        files = [word for path in arguments.rig for word in ("--rig", str(path.resolve()))]
        poses = ("--poses", str(arguments.poses), "--json", str(result))
        words = ["evaluate", *row.options, *poses, *files]
        subprocess.run(
            [sys.executable, "main.py", *words],
            cwd=PROJECT_ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        print(f"{row.table}: {row.name}", flush=True)
    report: Report = json.loads(result.read_text(encoding="utf-8"))
    return report


def error_parts(arguments: argparse.Namespace) -> str:
    """Return the table of what errors are made of."""
    files = [word for path in arguments.rig for word in ("--rig", str(path.resolve()))]
    script = Path(__file__).with_name("error_parts.py")
    words = ["--decoder", "guided", "--markdown", "--poses", str(arguments.poses), *files]
    found = subprocess.run(
        [sys.executable, str(script), *words],
        cwd=PROJECT_ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return found.stdout.strip()


def full_table(report: Report) -> Iterator[str]:
    """Yield a row per character with all figures, and their means."""
    shown = {key: value for key, value in COLUMNS.items() if key in report["means"]}
    yield "| character | " + " | ".join(head for head, _ in shown.values()) + " |"
    yield "|---" * (1 + len(shown)) + "|"
    for name, figures in (*report["identities"].items(), ("**mean**", report["means"])):
        cells = (f"{figures[key]:.{digits}f}" for key, (_, digits) in shown.items())
        yield f"| {name} | " + " | ".join(cells) + " |"


def short_table(reports: Mapping[str, Report], key: str, digits: int) -> Iterator[str]:
    """Yield one figure per character and decoder."""
    yield "| character | " + " | ".join(reports) + " |"
    yield "|---" * (1 + len(reports)) + "|"
    for name in next(iter(reports.values()))["identities"]:
        cells = (f"{report['identities'][name][key]:.{digits}f}" for report in reports.values())
        yield f"| {name} | " + " | ".join(cells) + " |"
    cells = (f"{report['means'][key]:.{digits}f}" for report in reports.values())
    yield "| **mean** | " + " | ".join(cells) + " |"


def views_table(report: Report) -> Iterator[str]:
    """Yield photo L1 by number of drawings in the shape of CoNR's table."""
    counts = list(report["by_views"])
    yield "| photo L1, drawings | " + " | ".join(counts) + " |"
    yield "|---" * (1 + len(counts)) + "|"
    for name, by_views in {report["decoder"]: report["by_views"], **report["ablations"]}.items():
        values = (f"{by_views[count]['means']['image_l1']:.4f}" for count in counts)
        yield f"| {name} | " + " | ".join(values) + " |"
    values = (f"{PAPERS_L1[count]:.4f}" if count in PAPERS_L1 else "" for count in counts)
    yield "| CoNR, its authors' figures on their own characters | " + " | ".join(values) + " |"
    values = (f"{report['by_views'][count]['means']['figure_psnr']:.1f}" for count in counts)
    yield f"| {report['decoder']}, figure dB | " + " | ".join(values) + " |"


def goals(found: Mapping[str, Mapping[str, Report]]) -> Iterator[str]:
    """Yield what was wanted, what was measured, and by how much it is missed."""
    exact, easy, noisy = found["exact"]["guided"], found["easy"]["guided"], found["noisy"]
    decibels = {name: report["means"]["figure_psnr"] for name, report in noisy.items()}
    best = max((FITTED, "guided"), key=decibels.__getitem__)
    yield "| what | wanted | measured | missed by |"
    yield "|---|---|---|---|"
    for label, report in (("exact", exact), ("exact, flat colours", easy)):
        figures = report["means"]
        yield _goal(f"{label}: figure PSNR", WANTED_DB, figures["figure_psnr"], "dB")
        yield _goal(f"{label}: image L1", WANTED_L1, figures["image_l1"], "", most=True)
    over_plain, over_filled = (decibels[best] - decibels[name] for name in ("plain", UNREGISTERED))
    yield _goal("noisy: over the plain look-up", WANTED_OVER_PLAIN, over_plain, "dB")
    yield _goal("noisy: over the filled look-up", WANTED_OVER_FILLED, over_filled, "dB")
    shares = {
        "registration of the drawings": decibels["lookup"] - decibels[UNREGISTERED],
        "network after it": decibels["guided"] - decibels["lookup"],
        "fitted proxy instead, without network": decibels[FITTED_LOOKUP] - decibels[UNREGISTERED],
        "network after that": decibels[FITTED] - decibels[FITTED_LOOKUP],
    }
    for label, share in shares.items():
        yield f"| share of it: {label} | | {share:+.2f} dB | |"
    for label, key in (
        ("the target's", "flicker"),
        ("the resampled target's", "flicker_resampled"),
    ):
        value = exact["means"][key]
        yield _goal(f"exact: flicker over {label}", WANTED_FLICKER, value, "", most=True)


def _goal(label: str, wanted: float, found: float, unit: str, *, most: bool = False) -> str:
    digits = 4 if wanted < 0.1 else 2
    miss = found - wanted if most else wanted - found
    unit = f" {unit}" if unit else ""
    sign, missed = ("≤" if most else "≥"), f"{miss:.{digits}f}{unit}" if miss > 0 else "reached"
    return f"| {label} | {sign} {wanted:g}{unit} | {found:.{digits}f}{unit} | {missed} |"


def page(found: Mapping[str, Mapping[str, Report]], parts: str, poses: int) -> Iterator[str]:
    """Yield the lines between the marks."""
    commands = {(row.table, row.name): row.command for row in rows()}

    def heading(title: str, *names: tuple[str, str]) -> Iterator[str]:
        typed = ", ".join(f"`{commands[name]} --poses {poses}`" for name in names)
        yield from ("", f"## {title}", "", f"({typed})", "")

    yield from ("## What was wanted", "")
    yield from goals(found)
    for name in ("plain", "lookup", "guided"):
        yield from heading(f"exact, {name}", ("exact", name))
        yield from full_table(found["exact"][name])
    for name in ("lookup", "guided"):
        title = f"exact, {name}: flat colours, no outlines, neutral faces, four figures and a bust"
        yield from heading(title, ("easy", name))
        yield from full_table(found["easy"][name])
    order = ("plain", UNREGISTERED, "lookup", "guided", FITTED_LOOKUP, FITTED)
    noisy = {name: found["noisy"][name] for name in order}
    yield from heading("noisy: figure dB", *(("noisy", name) for name in order))
    yield from short_table(noisy, "figure_psnr", 2)
    for title, key, digits in (
        ("noisy: alpha IoU", "alpha_iou", 3),
        ("noisy: flicker", "flicker", 2),
    ):
        yield from ("", f"## {title}", "")
        yield from short_table(noisy, key, digits)
    yield from heading("Photo L1 by number of drawings, and ablations", ("views", "guided"))
    yield from views_table(found["views"]["guided"])
    script = f"`error_parts.py --decoder guided --poses {poses}`"
    yield from ("", "## What the error is made of, exact landmarks", "", f"({script})", "", parts)


def replaced(text: str, tables: Sequence[str]) -> str:
    """Return the page with new tables between its marks."""
    before, mark, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    if not mark:
        raise ValueError(f"{PAGE} has no line {BEGIN}")
    return before + "\n".join([BEGIN, "", *tables, "", END]) + after


def main() -> None:
    """Measure, then write the page."""
    arguments = _arguments()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="decoder-tables-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"reports are written to {folder}", flush=True)
    found: dict[str, dict[str, Report]] = {}
    with ThreadPoolExecutor(arguments.processes) as pool:
        parts = pool.submit(error_parts, arguments)
        reports = [(row, pool.submit(measure, row, arguments, folder)) for row in rows()]
        for row, report in reports:
            found.setdefault(row.table, {})[row.name] = report.result()
    tables = list(page(found, parts.result(), arguments.poses))
    text = replaced(arguments.page.read_text(encoding="utf-8"), tables)
    arguments.page.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rig", type=Path, action="append", required=True)
    parser.add_argument("--poses", type=int, default=12)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where reports are kept")
    parser.add_argument("--keep", action="store_true", help="measure what the folder lacks")
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


if __name__ == "__main__":
    main()
