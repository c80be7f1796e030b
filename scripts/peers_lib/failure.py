"""What ends a run in one sentence."""


class Failure(Exception):
    """status: 1 the work failed, 2 wrong usage, 3 an exact quantity differs."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status
