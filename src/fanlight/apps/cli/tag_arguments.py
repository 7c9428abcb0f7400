"""A shortcut for `fanlight tag TEXT…` without options, because parsing options takes longer than tagging.

The command itself (`apps.cli.tag`) handles all other cases.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from fanlight.apps.cli.inputs import resolve
from fanlight.apps.cli.tag_job import TagJob
from fanlight.apps.cli.tag_outputs import format_of
from fanlight.files import address_of

_COMPLETION = "_FANLIGHT_COMPLETE"  # set by shells for completion


def tag_arguments(arguments: Sequence[str]) -> bool:
    """Tag the arguments of a command line if all are texts, and print the entities.

    Returns
    -------
    bool
        False, with nothing done, if there are options, files, addresses or another command.

    Raises
    ------
    DataError
        An argument looks like a path, and does not exist.
    """
    command, *texts = arguments or [""]
    if command != "tag" or not texts or _COMPLETION in os.environ:
        return False
    if any(text.startswith("-") or address_of(text) or os.path.exists(text) for text in texts):
        return False
    TagJob(resolve(texts), format_of(None, None, False)).run()
    return True
