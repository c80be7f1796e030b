"""The document as text: for each number of threads a table with a row for each cell."""


def table(header, rows):
    """The first column is left-aligned, numbers are right-aligned."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return [
        "  ".join(text.ljust(width) if i == 0 else text.rjust(width) for i, (text, width) in enumerate(zip(line, widths)))
        .rstrip()
        for line in lines
    ]


def ratio(estimate):
    """With ~ where the interval holds 1: not told apart."""
    low, high = estimate["low"], estimate["high"]
    alike = low is None or (low <= 1 <= high)
    return f"{estimate['value']:.2f}x" + ("~" if alike and estimate["value"] != 1 else " ")


def milliseconds(seconds):
    value = 1e3 * seconds
    return f"{value:.1f}" if value >= 100 else f"{value:.2f}" if value >= 10 else f"{value:.3f}"


def engine_texts(rows, names):
    """For each engine: milliseconds, ratio to the fastest, ratio to the limit, each in its own width."""
    found = {row["engine"]: row for row in rows}
    for name in names:
        row = found[name]
        yield f"{milliseconds(row['seconds']['value'])} {ratio(row['to_fastest']):>7} {row['to_limit']['value']:>5.2f}"


def cell_line(cell, names):
    start = [f"{cell['alpha']:g}", f"{cell['resolution']}", f"{cell['macs'] / 1e6:.1f}"]
    return [*start, milliseconds(cell["limit_seconds"]), *engine_texts(cell["engines"], names)]


def section(key, cells, means, names):
    model, network, threads = key
    title = f"{model}, {network} network, {threads} thread{'s' if threads > 1 else ''}"
    header = ["alpha", "px", "M MACs", "limit", *names]
    lines = [cell_line(cell, names) for cell in cells]
    if len(cells) > 1:
        lines.append(["mean", "", "", "", *engine_texts(means, names)])
    return [title, *table(header, lines), ""]


def limit_line(limit):
    threads, cycle = limit["threads"], limit["flops_per_cycle_of_core"]
    peak = limit["flops_per_second"]["value"] / 1e9
    clock = f", {cycle:.1f} a cycle and core at {limit['core_hertz'] / 1e9:.2f} GHz" if cycle else ""
    return f"limit, {threads} thread{'s' if threads > 1 else ''}: {peak:.1f} GFLOP/s ({limit['instruction_set']}{clock})"


def ping_pong_line(document):
    found = document["ping_pong_seconds"]
    if found is None:
        return []
    low, high = (1e9 * value for value in document["ping_pong_extremes_seconds"])
    return [f"a cache line between the two CPUs and back: {1e9 * found['value']:.0f} ns (from {low:.0f} to {high:.0f})"]


def machine_line(machine):
    load = " ".join(f"{value:.2f}" for value in machine["load_average"])
    cpus = len(machine["allowed_cpus"])
    family = f"family {machine['cpu_family']} model {machine['cpu_model_number']}"
    return f"{machine['cpu_model']} ({family}), {cpus} CPUs allowed, Linux {machine['kernel']}, load {load}"


def foot(document):
    settings = document["settings"]
    done = max(len(cell["rounds"]) for cell in document["cells"])
    least = min(len(cell["rounds"]) for cell in document["cells"])
    rounds = f"{least}" if least == done else f"{least} to {done}"
    engines = ", ".join(f"{row['name']} {row['version'] or '(tells no version)'}" for row in document["engines"])
    return [
        "limit: 2 x MACs / peak in ms. Of each engine: ms, median over the rounds; ratio to the fastest engine of the row, from",
        f"the pairs of each round (~: its {100 * settings['confidence']:.0f} % interval holds 1); ratio to the limit. mean: geometric.",
        f"{rounds} of {settings['rounds']} rounds, order from seed {settings['seed']}, {document['seconds']:.0f} s in all",
        *[limit_line(limit) for limit in document["limits"]],
        *ping_pong_line(document),
        engines,
        machine_line(document["machine"]),
    ]


def text_of(document):
    names = [row["name"] for row in document["engines"]]
    groups = {}
    for cell in document["cells"]:
        groups.setdefault((cell["model"], cell["network"], cell["threads"]), []).append(cell)
    lines = []
    for key, cells in groups.items():
        means = [row for row in document["means"] if (row["model"], row["network"], row["threads"]) == key]
        lines += section(key, cells, means, names)
    return "\n".join([*lines, *foot(document)])
