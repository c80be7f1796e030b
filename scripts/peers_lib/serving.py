"""What the workers in Python share: the protocol of worker.py, from their side. Runs in the workers' own environments."""

import json
import os
import re
import sys


def sentence_of(error):
    """An exception's kind and the first line that it says, without colours."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    return f"{type(error).__name__}: {(said.splitlines() or [''])[0]}"


def serve(begin):
    """begin() loads what is needed and returns answer(words), which is a request's line. What that raises is its error."""
    # What a library prints belongs to stderr: stdout is the protocol's.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answer = begin()
    for line in sys.stdin:
        try:
            found = answer(line.rstrip("\n").split("\t"))
        except Exception as error:  # the libraries' own exceptions share no base
            found = {"error": sentence_of(error)}
        answers.write(json.dumps(found) + "\n")
