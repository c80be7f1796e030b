"""Documents changed at random: JSON values, the text of a document, and the lines of a log."""

import json

BIDI = "\u202e\u2066"
CONTROLS = "\x1b[31m\x07\r\n\x00\x7f\x9b"

# What a value is replaced by. Integers and numbers at the ends of what a double, an int and 64 bits hold.
INTEGERS = [0, 1, -1, 2, 3, 7, 33, 1000, 10**6, 10**9, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 10**18, 2**63 - 1, 2**63]
INTEGERS += [2**64 - 1, 2**64, -(2**31) - 1, -(2**63), -(2**63) - 1, 10**40]
NUMBERS = ["0.5", "-0.0", "1e-9", "1e6", "1e18", "1e300", "1e308", "1e999", "-1e999", "5e-324", "-1e-300", "1e-999"]
TEXTS = ["", "x", "..", "/dev/zero", "/", "separable", "standard", "nan", "%s%n", "é" * 50]
TEXTS += [CONTROLS, BIDI + "abc", "\ud800"]
DEPTHS = [2, 31, 33, 5000, 100000]


class Raw:
    """Text that stands in a document as it is; bytes that are no UTF-8 are surrogates (surrogateescape)."""

    def __init__(self, text):
        self.text = text


class Doubled:
    """An object with one key twice."""

    def __init__(self, value, key, again):
        self.value, self.key, self.again = value, key, again


def text_of(value):
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Doubled):
        members = [*value.value.items(), (value.key, value.again)]
        return "{" + ",".join(f"{json.dumps(key)}:{text_of(member)}" for key, member in members) + "}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{text_of(key)}:{text_of(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    # A surrogate cannot be written as UTF-8; any other character may as well stand there as itself.
    escaped = isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value)
    return json.dumps(value, ensure_ascii=escaped)


def any_value(random):
    make = random.choice(
        [
            lambda: random.choice(INTEGERS),
            lambda: random.choice(INTEGERS),
            lambda: Raw(random.choice(NUMBERS)),
            lambda: Raw(random.choice(NUMBERS)),
            lambda: random.choice(TEXTS),
            lambda: random.choice([None, True, False, [], {}]),
            lambda: "a" * random.choice([300, 100000]),
            lambda: Raw('"\udcff\udcfe"'),
            lambda: Raw('"raw \x01 \x1b"'),
            lambda: nested(random.choice(DEPTHS), random),
            lambda: [random.choice([0, 1, "x", None, {}])] * random.choice([1, 2, 5000]),
        ]
    )
    return make()


def nested(depth, random):
    opening, closing = random.choice([("[", "]"), ('{"a":', "}")])
    return Raw(opening * depth + "1" + closing * depth)


def place_in(value, random):
    """A container and the key of one of its members; deep ones are as likely as shallow ones."""
    found = None
    while isinstance(value, (dict, list)) and value:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        found = (value, random.choice(keys))
        value = value[found[1]]
        if isinstance(value, (dict, list)) and random.random() < 0.15:
            break
    return found


def near(value, random):
    """A value like the one that stands there."""
    if isinstance(value, bool) or value is None:
        return any_value(random)
    if isinstance(value, (int, float)):
        return random.choice([value + 1, value - 1, -value, value * 2, value // 2, value * 10**9, str(value)])
    if isinstance(value, str):
        return random.choice([value + "x", value[1:], value.upper(), value + CONTROLS, BIDI + value, (value * 1000)[:1_000_000]])
    return any_value(random)


def change_list(values, random):
    change = random.choice(["shorten", "lengthen", "empty", "repeat", "shuffle"])
    if change == "shorten":
        del values[random.randrange(len(values)) :]
    elif change == "lengthen":
        values.extend(values[: random.randint(1, len(values))])
    elif change == "empty":
        values.clear()
    elif change == "repeat":
        values.extend(values * random.choice([1, 50]))
    else:
        random.shuffle(values)


def changed_value(value, random):
    """One change somewhere in a value; the value is changed in place where it is a container."""
    place = place_in(value, random)
    if place is None:
        return any_value(random)
    container, key = place
    old = container[key]
    kind = random.random()
    if kind < 0.45:
        container[key] = any_value(random)
    elif kind < 0.65:
        container[key] = near(old, random)
    elif kind < 0.8 and isinstance(old, list) and old:
        change_list(old, random)
    elif kind < 0.9:
        del container[key]
    elif isinstance(container, dict):
        change_key(container, key, random)
    else:
        container.insert(key, any_value(random))
    return value


def change_key(container, key, random):
    container[random.choice([key + "x", "", CONTROLS, BIDI, "a" * 5000])] = container.pop(key)


def doubled_key(value, random):
    """An object, somewhere in the value, that has one of its keys twice."""
    if isinstance(value, dict) and value and random.random() < 0.4:
        return Doubled(value, random.choice(list(value)), any_value(random))
    place = place_in(value, random)
    if place is None:
        return Raw('{"a":1,"a":2}')
    container, key = place
    if isinstance(container[key], dict) and container[key]:
        container[key] = Doubled(container[key], random.choice(list(container[key])), any_value(random))
    else:
        container[key] = Raw('{"a":1,"a":2}')
    return value


def changed_text(text, random):
    """A change that takes no notice of JSON."""
    at = random.randrange(len(text) + 1)
    kind = random.choice(["cut", "drop", "insert", "again", "swap"])
    if kind == "cut":
        return text[:at]
    if kind == "drop":
        return text[:at] + text[at + random.randint(1, 20) :]
    if kind == "insert":
        added = random.choice(["\udcff", "\x00", "\x1b", ",", "}", "]", "[" * 40, '"', "\n", BIDI, "1e999", "-"])
        return text[:at] + added + text[at:]
    if kind == "again":
        return text[:at] + text[: random.randint(0, len(text))] + text[at:]
    return text[at:] + text[:at]


def changed_document(text, random):
    """One to three changes of a JSON document, or one of its text."""
    if random.random() < 0.12:
        return changed_text(text, random)
    value = json.loads(text)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        value = changed_value(value, random)
    if random.random() < 0.06:
        value = doubled_key(value, random)
    return text_of(value)


def changed_lines(lines, random):
    """Lines dropped, doubled and reordered, one of them changed as a document, or the text as a text."""
    kind = random.random()
    lines = list(lines)
    at = random.randrange(len(lines))
    if kind < 0.7:
        lines[at] = changed_document(lines[at], random)
    elif kind < 0.78:
        del lines[at]
    elif kind < 0.86:
        lines.insert(random.randrange(len(lines) + 1), lines[at])
    elif kind < 0.93:
        other = random.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        return changed_text("".join(line + "\n" for line in lines), random)
    return "".join(line + "\n" for line in lines)
