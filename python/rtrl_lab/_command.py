"""The command `rtrl-lab`: where it is, how it is run, and what its exit codes mean."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Sequence

_NAME = "rtrl-lab"
_log = logging.getLogger("rtrl_lab")


class InputError(ValueError):
    """Something that the caller can mend: a study, an argument, a file or a folder."""


class MachineError(RuntimeError):
    """The machine failed (disk, memory), or the run was ended from outside.

    What was done is kept: the same call with the same `out` goes on with the run.
    """


def command() -> Path:
    """The path of the command `rtrl-lab`.

    It is looked for in four places: what the environment variable `RTRL_LAB` names, the scripts of
    this Python environment, the scripts of this user, and `PATH`.
    """
    named = os.environ.get("RTRL_LAB")
    if named:
        found = shutil.which(named)
        if found is None:
            raise InputError(f"RTRL_LAB names {named}, and there is no program of that name")
        return Path(found)
    users = "nt_user" if os.name == "nt" else "posix_user"
    for folder in (sysconfig.get_path("scripts"), sysconfig.get_path("scripts", users), None):
        found = shutil.which(_NAME, path=folder)
        if found is not None:
            return Path(found)
    raise InputError(
        f"there is no command {_NAME} in {sysconfig.get_path('scripts')} or on PATH; "
        "install the wheel again, or name the program in the environment variable RTRL_LAB"
    )


def run(arguments: Sequence[str], hidden_name: str | None = None) -> None:
    """Runs the command, and raises what its exit code says.

    Codes 0 and 1 are those of a finished run: with 1 a verdict is not as expected. Remarks of the
    command, such as how much is done, go to the logger `rtrl_lab` as they come. A file's name that
    the caller has not chosen is called "the study" in them.
    """
    process = subprocess.Popen(
        [str(command()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    said = []
    try:
        for line in process.stderr or ():
            line = line.rstrip("\n")
            said.append(line.replace(hidden_name, "the study") if hidden_name else line)
            _log.info(said[-1])
        process.communicate()
    except BaseException:
        # A run that is ended keeps the units that are done. A second interrupt does not wait.
        process.terminate()
        try:
            process.communicate()
        finally:
            process.kill()
        raise
    code = process.returncode
    if code in (0, 1):
        return
    if code == 2:
        raise InputError(_message(said))
    how = f"{_NAME} was ended by signal {-code}" if code < 0 else f"{_NAME} ended with code {code}"
    raise MachineError(_message(said) or how)


def _message(said: Sequence[str]) -> str:
    """The command's own words for a failure: from its line `error: …` on, or all of them."""
    starts = [at for at, line in enumerate(said) if line.startswith("error: ")]
    text = "\n".join(said[starts[-1] :])[len("error: ") :] if starts else "\n".join(said)
    return text.strip()
