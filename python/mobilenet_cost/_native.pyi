version: str

def run(command: str, words: list[str]) -> tuple[str, list[str]]:
    """The JSON document of a command of mobilenet-cost, and the lines that it has for people."""
