"""What ends a script is one sentence on stderr: "scripts/NAME: error: ..."."""

import argparse
import sys


class Failure(Exception):
    """status: 1 the work failed, 2 wrong usage, 3 an exact quantity differs."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


class Parser(argparse.ArgumentParser):
    """Whose refusals are Failures, too."""

    def __init__(self, name, **options):
        super().__init__(name, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def error(self, message):
        raise Failure(message, 2)


def positive(kind):
    """A type for argparse: a number above 0."""

    def read(text):
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    read.__name__ = "number above 0"  # argparse quotes it
    return read


def sentence_of(error):
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def run(name, main, arguments=None):
    """The exit status of main(arguments); without any, those of the command line."""
    try:
        return main(sys.argv[1:] if arguments is None else arguments) or 0
    except (Failure, OSError) as error:
        message, status = sentence_of(error), getattr(error, "status", 1)
    except KeyboardInterrupt:
        message, status = "interrupted", 130
    print(f"{name}: error: {message}", file=sys.stderr)
    return status
