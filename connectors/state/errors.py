"""What can be wrong with the state, said to a person."""


class StateError(Exception):
    """The state cannot be opened, read or written; the message names it and says what to do."""


class StateAway(StateError):
    """The state's server cannot be reached, or is busy, for a while: the same may succeed later."""


class CommitUndone(StateAway):
    """Another process has undone a commit that was under way, because the one that was at it had lost its lock."""


class StateHeld(StateError):
    """Another run or stream holds the state; the message names the holder and until when."""


class LeaseLost(StateError):
    """The lease under which this process wrote has passed to another epoch: nothing more may be written."""


class PayloadError(StateError):
    """A stored payload is not what this version writes: its form or its version is another."""
