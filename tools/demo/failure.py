"""What ends the story."""


class DemoFailed(Exception):
    """The message is one sentence for the person at the terminal."""
