"""What is wrong with how a program ended."""

import json
import re

MOST_LINES = 6  # on stderr
MOST_CHARACTERS = 4000

INTERNAL = re.compile(
    r"json\.exception|nlohmann|vector::|basic_string|std::|_M_|terminate called|what\(\)|bad_alloc|AddressSanitizer|"
    r"runtime error:|Assertion|\bstoi\b|\bstod\b|\bstoll\b|map::at|array::at|bad optional|bad_variant|deque::"
)
# C0 without newline and tab, DEL, C1, and what turns the direction of a line.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def faults_of(returncode, out, err):
    """What is wrong with an ending, in words."""
    faults = []
    if returncode not in range(6):
        faults.append(f"exit code {returncode}")
    texts = []
    for name, stream in [("stdout", out), ("stderr", err)]:
        texts.append(stream.decode("utf-8", "replace"))
        if "\ufffd" in texts[-1] and b"\xef\xbf\xbd" not in stream:
            faults.append(f"{name} is not UTF-8")
        if found := UNPRINTABLE.search(texts[-1]):
            faults.append(f"{name} has the character U+{ord(found.group()):04X}")
    if texts[1].count("\n") > MOST_LINES:
        faults.append(f"{texts[1].count(chr(10))} lines on stderr")
    if len(texts[1]) > MOST_CHARACTERS:
        faults.append(f"{len(texts[1])} characters on stderr")
    for text in texts:
        if found := INTERNAL.search(text):
            faults.append(f'the internal word "{found.group()}"')
    if returncode == 2 and not err:
        faults.append("exit code 2 without a message")
    if returncode == 2 and out:
        faults.append("output before exit code 2")
    return faults


def no_number(name):
    raise ValueError(f"{name} is no number of JSON")


def faults_of_document(out):
    """What is wrong with a document of JSON."""
    try:
        json.loads(out, parse_constant=no_number)
    except ValueError as error:
        return [f"a document that is not JSON: {error}"]
    return []
