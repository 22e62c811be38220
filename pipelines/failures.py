"""A run that failed, said to a person: what failed, and that nothing is lost."""


class Failed(Exception):
    """The run could not be done. The message names the store, state or stage; the next run goes on from there."""


def of_pipeline(error: BaseException) -> Failed:
    """The failure behind an error that a runner raised.

    Runners hand on a worker's exception as text, with its traceback: the last line that names an exception is the
    cause. The whole text stays as the cause of the Failed for the log.
    """
    for line in reversed(str(error).splitlines()):
        name, colon, message = line.strip().partition(": ")
        short = name.rpartition(".")[2]
        if colon and short.isidentifier() and short[0].isupper():
            return Failed(f"{message.split(' [while running', 1)[0]} ({short}); run it again to go on where it stopped")
    return Failed(f"{error}; run it again to go on where it stopped")
