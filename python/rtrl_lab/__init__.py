"""Checks the convergence theory of Real-time Recurrent Learning for a network, data and step sizes.

`verify` runs a study, `analyze` puts the same questions to a recorded series, and `open` reads a
run that is finished. All three give a `Run`: verdicts, numbers with intervals, and the data of the
figures. The work is done by the command `rtrl-lab`, which this package brings along.

    import rtrl_lab
    run = rtrl_lab.verify("mine.toml", out="runs/mine", quick=True)
    for verdict in run.verdicts:
        print(verdict.case, verdict.id, verdict.verdict, verdict.estimate)
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence, Union

from ._command import InputError, MachineError, command
from ._command import run as _command_run
from ._run import Estimate, Run, Verdict
from ._toml import text_of as _text_of

__all__ = [
    "Estimate",
    "InputError",
    "MachineError",
    "Run",
    "Verdict",
    "analyze",
    "command",
    "open",
    "verify",
]

_Path = Union[str, "os.PathLike[str]"]
_Names = Union[str, Sequence[str]]


def verify(
    study: Union[_Path, Mapping[str, Any], None] = None,
    *,
    out: Optional[_Path] = None,
    quick: bool = False,
    only: Optional[_Names] = None,
    force: bool = False,
    jobs: Optional[int] = None,
) -> Run:
    """Runs a study and reads what came out.

    `study` is the path of a TOML file, TOML text (a str with a line break), a dict of the same
    sections, or None for the built-in study. Files that text or a dict names are relative to the
    current folder, into which the study is put for the time of the run.

    `out` is the folder of the run. It must be new, empty or hold a run of the same study, which is
    then gone on with, or read if it is finished; `force` replaces it. Without `out` the run is in a
    new temporary folder, which is kept: `Run.folder` names it.

    `quick` takes smaller budgets, `only` names the claims to verify, and `jobs` is the number of
    threads (one a core without it). A verdict that is not as expected is no exception: see
    `Run.as_expected`.

    Raises `InputError` with the command's own message for what the caller can mend, and
    `MachineError` where the machine failed.
    """
    with _file_of(study) as (argument, hidden_name):
        # What stands behind the two dashes is no option, whatever it begins with.
        arguments = [] if argument is None else ["--", argument]
        return _run(["verify", *_running(quick, only, force, jobs)], out, arguments, hidden_name)


def analyze(
    csv: _Path,
    *,
    inputs: _Names,
    target: _Names,
    out: Optional[_Path] = None,
    quick: bool = False,
    only: Optional[_Names] = None,
    force: bool = False,
    jobs: Optional[int] = None,
    **options: Any,
) -> Run:
    """Puts the questions to a recorded series, and to a trained network where one is given.

    `inputs` and `target` are columns of the CSV file: a list of names, or one name. Further
    options are those of `rtrl-lab analyze --help` with `_` for `-`: `network="trained.npz"`,
    `cell="gru"`, `difference=True`, `horizon=1` (in rows), `schedule=[0.05, 1000, 0.7]`. A list
    gives the option once for each of its values. An option that is None or False is left out.

    `out`, `quick`, `only`, `force`, `jobs` and the exceptions are those of `verify`. The answers in
    words are in `Run.answers`.
    """
    for name in ("shard", "dry_run"):
        if name in options:
            raise InputError(f"{name}: such a call leaves no verdicts; use the command itself")
    arguments = ["analyze", *_running(quick, only, force, jobs)]
    for name, columns in (("inputs", inputs), ("target", target)):
        # A name in double quotes may hold commas.
        quoted = ('"{}"'.format(column.replace('"', '""')) for column in _names(columns))
        arguments += [f"--{name}={column}" for column in quoted]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            arguments.append(flag)
        elif value is not None and value is not False:
            values = value if isinstance(value, (list, tuple)) else [value]
            arguments += [f"{flag}={part}" for part in values]
    return _run(arguments, out, ["--", os.fspath(csv)])


def open(folder: _Path) -> Run:
    """A run that is finished, from its folder. Raises `InputError` where there is none."""
    return Run(os.fspath(folder))


def _running(quick: bool, only: Optional[_Names], force: bool, jobs: Optional[int]) -> list[str]:
    """The options that every command has that runs a study."""
    arguments = ["--quick"] * quick + ["--force"] * force
    if only is not None:
        arguments.append(f"--only={','.join(_names(only))}")
    if jobs is not None:
        arguments.append(f"--jobs={jobs}")
    return arguments


def _names(names: _Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _run(
    options: list[str], out: Optional[_Path], rest: list[str], hidden_name: Optional[str] = None
) -> Run:
    """Runs the command into a folder and reads the run."""
    folder = tempfile.mkdtemp(prefix="rtrl-lab-") if out is None else os.fspath(out)
    try:
        _command_run([*options, f"--out={folder}", *rest], hidden_name)
    except InputError:
        if out is None:
            _remove_empty(folder)
        raise
    return Run(folder)


def _remove_empty(folder: str) -> None:
    try:
        Path(folder).rmdir()
    except OSError:
        pass


@contextmanager
def _file_of(
    study: Union[_Path, Mapping[str, Any], None],
) -> Iterator[tuple[Optional[str], Optional[str]]]:
    """The path of a study, and the name of its file where it was made here, to be taken away."""
    if isinstance(study, Mapping):
        text = _text_of(study)
    elif isinstance(study, str) and "\n" in study:
        text = study
    else:
        yield (None if study is None else os.fspath(study)), None
        return
    try:
        handle, path = tempfile.mkstemp(prefix=".rtrl-lab-", suffix=".toml", dir=os.curdir)
    except OSError as error:
        raise InputError(
            "the study cannot be put into the current folder for the time of the run "
            f"({error.strerror}); write it to a file and give its path"
        ) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        yield os.path.basename(path), os.path.basename(path)
    finally:
        os.unlink(path)
