#!/usr/bin/env python3
"""Runs nginx's public test suite against Zaguan, prints its score by area and holds a floor under each.

    python3 conformance/nginx_tests.py --suite DIR --score score.py [--binary PATH] [--area TEXT]... [--file NAME.t]...
    python3 conformance/nginx_tests.py --suite DIR --score score.py --raise-floors     after a whole run that got better

Floors stand in nginx-tests-floors.tsv; a whole run fails where an area falls under its floor. `--markdown` prints the
table and the list of what is not passed, for docs/conformance.md.
"""

import argparse
import csv
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from runner import servers  # noqa: E402

FLOORS = pathlib.Path(__file__).with_name("nginx-tests-floors.tsv")


def arguments():
    """The command line, read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", required=True, type=pathlib.Path)
    parser.add_argument("--score", required=True, type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--area", action="append", default=[])
    parser.add_argument("--file", action="append", default=[])
    parser.add_argument("-j", type=int, default=2)
    parser.add_argument("--limit", type=int, default=120, help="seconds a file may take")
    parser.add_argument("--json", type=pathlib.Path, help="keep the results, with each file's log")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--raise-floors", action="store_true")
    return parser.parse_args()


def main():
    """Scores, prints, compares with the floors."""
    options = arguments()
    results = score(options)
    areas = by_area(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    print_markdown(areas, results) if options.markdown else print_areas(areas, results)
    if options.area or options.file:
        return 0
    if options.raise_floors:
        write_floors(areas)
        return 0
    fallen = [(area, floor, areas.get(area, (0, 0))[0]) for area, floor in read_floors().items()]
    fallen = [row for row in fallen if row[2] < row[1]]
    for area, floor, held in fallen:
        print(f"under its floor: {area}: {held} assertions hold, {floor} did")
    return 1 if fallen else 0


def score(options):
    """The results of score.py, a dictionary for each file."""
    with servers.Folder("nginx-tests") as folder:
        # A copy, for score.py follows links, and the name decides which command line the binary speaks.
        binary = folder / "nginx"
        shutil.copy(options.binary, binary)
        binary.chmod(0o755)
        out = folder / "results.json"
        command = [sys.executable, options.score, "--suite", options.suite, "--binary", binary, "--json", out]
        command += ["-j", options.j, "--limit", options.limit]
        command += [part for area in options.area for part in ("--area", area)]
        command += [part for file in options.file for part in ("--file", file)]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        return json.loads(out.read_text())


def by_area(results):
    """Area → (assertions that hold, assertions that hold on nginx); TOTAL last."""
    areas = {}
    for result in results:
        for name in (result["area"], "TOTAL"):
            held, reference = areas.get(name, (0, 0))
            areas[name] = (held + min(result["ok"], result["reference"]), reference + result["reference"])
    return dict(sorted(areas.items(), key=lambda item: (item[0] == "TOTAL", item[0])))


def short(results):
    """The files that do not hold all that nginx holds, the farthest first."""
    found = [r for r in results if r["ok"] < r["reference"] or r["failed"]]
    return sorted(found, key=lambda r: r["ok"] - r["reference"])


def print_areas(areas, results):
    """Plain tables."""
    for area, (held, reference) in areas.items():
        print(f"{area[:72]:72} {held:6}/{reference}")
    for r in short(results):
        print(f"  {r['file']:44} {r['ok']:4}/{r['reference']:<4} failed {r['failed']:3}  {reason(r)}")


def print_markdown(areas, results):
    """The tables of docs/conformance.md."""
    print("| area | assertions held | of |\n|---|---|---|")
    for area, (held, reference) in areas.items():
        print(f"| {area} | {held} | {reference} |")
    print("\n| file | held | of | why not |\n|---|---|---|---|")
    for r in short(results):
        print(f"| {r['file']} | {r['ok']} | {r['reference']} | {reason(r)} |")


def reason(result):
    """The first line of a file's log that says why it falls short."""
    if result["skip"]:
        return f"skipped: {result['skip']}"
    lines = [line.strip() for line in result["log"].splitlines()]
    telling = [line for line in lines if "[emerg]" in line or "error:" in line or "no end within" in line]
    telling = telling or [line for line in lines if line.startswith("not ok")]
    return telling[0].replace("|", "\\|")[:140] if telling else "ends early"


def read_floors():
    """Area → assertions that must hold."""
    if not FLOORS.exists():
        return {}
    with open(FLOORS, encoding="utf-8") as file:
        return {row["area"]: int(row["assertions"]) for row in csv.DictReader(file, delimiter="\t")}


def write_floors(areas):
    """Keeps the better of the old floors and what holds now."""
    floors = read_floors()
    with open(FLOORS, "w", encoding="utf-8", newline="") as file:
        file.write("area\tassertions\n")
        for area, (held, _) in areas.items():
            file.write(f"{area}\t{max(held, floors.get(area, 0))}\n")


if __name__ == "__main__":
    sys.exit(main())
