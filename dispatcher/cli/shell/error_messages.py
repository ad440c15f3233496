"""The edge of the command: what is no text is refused before anything runs; what the system says becomes a sentence.

| met | said |
|---|---|
| an argument with NUL or with bytes that are no UTF-8 | which one, and that it must be text; nothing was done |
| a file that cannot be used (not there, no right, a name too long) | the file, and what the system says of it |
| the system fails without a file (a full or broken disk) | what the system says |
| a text that cannot be written as UTF-8, wherever it came from | that it is no text |
"""

from __future__ import annotations

from typing import Any

from dispatcher.cli.shell.deferred import DeferredGroup
from dispatcher.errors import InputError, MmsError


class Edge(DeferredGroup):
    """The command's root."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse what is no text.

        Raises:
            InputError: an argument is none.
        """
        for place, argument in enumerate(args):
            if not is_text(argument):
                before = args[place - 1] if place else ""
                name = before if before.startswith("--") and is_text(before) else f"argument {place + 1}"
                raise InputError(
                    f"{name} holds bytes that are no text in UTF-8",
                    hint="write it in UTF-8, a file's name too",
                )
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            MmsError: instead of what the system raises.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise system_error(error) from error
        except UnicodeError as error:
            raise InputError(
                "a text holds characters that are no text in UTF-8", hint="write it anew"
            ) from error


def is_text(argument: str) -> bool:
    """Whether it can be written as UTF-8, and handed to the system."""
    return (argument.isascii() and "\0" not in argument) or not any(
        char == "\0" or "\ud800" <= char <= "\udfff" for char in argument
    )


def system_error(error: OSError) -> MmsError:
    """What the system says, as a sentence."""
    said = error.strerror or type(error).__name__
    if error.filename is None:
        return MmsError(
            f"the system says: {said}", hint="look at the disk and its free space, then try again"
        )
    name = str(error.filename)
    return InputError(f"{name[:200]} cannot be used: {said}", hint="name another file, or mend its rights")


def of_redis(error: Exception) -> MmsError | None:
    """What the client of Redis raised, as an error of ours; None: it did not raise this."""
    from redis import RedisError  # noqa: PLC0415 - only a failure pays for loading it

    from dispatcher.ledger.store.redis_errors import ours  # noqa: PLC0415

    return ours(error) if isinstance(error, RedisError) else None
