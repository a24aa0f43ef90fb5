"""Tables of what was measured."""


def print_shape(shape, figures, options):
    """One shape: every peer's figures and its ratio to nginx."""
    print(f"\n{shape.says} ({shape.name}; {options.rounds} rounds of {options.seconds} s)")
    print(f"  {'':14} {'CPU/request':>12} {'of which user':>14} {'÷ nginx':>8} {'goal':>6} {'p99':>10} {'requests/s':>11}")
    for figure in figures:
        total = figure.median("total")
        if total is None:
            print(f"  {figure.label:14} no round counts")
        else:
            ratio, goal = ratio_of(figure, figures), goal_of(shape, figure)
            print(
                f"  {figure.label:14} {total:9.1f} µs {figure.median('user'):11.1f} µs {ratio:8.2f} "
                f"{goal or '':>6} {figure.median('p99'):7.0f} µs {figure.median('rate'):11.0f}"
                + ("  over the goal" if goal and ratio > goal else "")
            )
        for error in figure.errors:
            print(f"    error in {figure.label}: {error}")


def print_summary(results):
    """All shapes, one row each, as ratios to nginx."""
    labels = [figure.label for figure in results[0][1]]
    print(f"\n{'CPU per request':34} {'nginx':>9} " + " ".join(f"{label:>14}" for label in labels[1:]) + "   goals")
    for shape, figures in results:
        base = figures[0].median("total")
        row = f"{shape.says:34} " + (f"{base:6.1f} µs" if base else "        –")
        for figure in figures[1:]:
            ratio = ratio_of(figure, figures)
            row += f" {ratio:14.2f}" if ratio else f" {'–':>14}"
        goals = [f"{name} ≤ {goal:.2f}" for name, goal in (("uring", shape.uring), ("epoll", shape.epoll)) if goal]
        print(row + "   " + ", ".join(goals))
    wrong = [(shape, figure) for shape, figures in results for figure in figures if figure.errors]
    print(f"errors: {len(wrong) or 'none'}")
    for shape, figure in missed(results):
        print(f"over the goal: {figure.label} on {shape.name}")


def ratio_of(figure, figures):
    """A peer's cost divided by nginx's in the same rounds; None where either has no figure."""
    base, own = figures[0].median("total"), figure.median("total")
    return own / base if base and own else None


def goal_of(shape, figure):
    """The ratio that a peer must keep; None for a peer or shape without a goal."""
    return {"zaguan uring": shape.uring, "zaguan epoll": shape.epoll}.get(figure.label)


def missed(results):
    """The (shape, figure) pairs with a goal that is not kept."""
    return [
        (shape, figure) for shape, figures in results for figure in figures
        if (goal := goal_of(shape, figure)) and not (ratio_of(figure, figures) or goal + 1) <= goal
    ]


def as_json(results):
    """The figures as plain values."""
    return {
        shape.name: {
            figure.label: {
                "microseconds": figure.median("total"), "user": figure.median("user"), "p99": figure.median("p99"),
                "ratio": ratio_of(figure, figures), "goal": goal_of(shape, figure), "errors": figure.errors,
                "rounds": figure.total,
            }
            for figure in figures
        }
        for shape, figures in results
    }
