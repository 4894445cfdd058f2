"""What a page may ask of the server, so that none can take more than its share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The bounds of the server.

    Attributes
    ----------
    sockets : int
        Pages that are open at once.
    message_bytes : int
        Length of a message from a page.
    messages_a_second : float
        How many messages a page may send, on average.
    burst : int
        How many it may send at once.
    waiting : int
        How many may wait for an answer.
    in_flight : int
        Frames on their way that the page has not drawn yet.
    frames_a_second : float
    slice_seconds : float
        How long a net trains before messages are heard.
    patience : float
        Seconds that a net goes on training for a page that draws nothing, as one in the background.
    """

    sockets: int = 4
    message_bytes: int = 64 * 1024
    messages_a_second: float = 200.0
    burst: int = 200
    waiting: int = 64
    in_flight: int = 2
    frames_a_second: float = 60.0
    slice_seconds: float = 0.015
    patience: float = 1.0
