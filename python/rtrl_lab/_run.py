"""A finished run, as its files have it."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Optional, Union

from ._command import InputError

if TYPE_CHECKING:
    import pandas

_SCHEMA = 1
Row = dict[str, Union[str, float, None]]


@dataclass(frozen=True)
class Estimate:
    """The number that decides a claim, with its interval [lower, upper].

    The interval holds the true value with probability `level` (0.95 by default). What the number
    is, and so its unit, is said by `name`: a rate is a factor by which a distance is multiplied at
    each step, and has no unit.
    """

    name: str
    value: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True)
class Verdict:
    """The answer to one claim in one case."""

    #: The claim, such as `geometric_ergodicity`.
    id: str
    #: The case of the study.
    case: str
    #: The claim in words.
    statement: str
    #: supported, contradicted, slow, inconclusive, premise_failed or undefined.
    verdict: str
    #: The word that the study expects, or None where it states none.
    expected: Optional[str]
    #: Without a stated word, anything but contradicted and undefined is as expected.
    as_expected: bool
    #: The number that decides, or None where there is no such number.
    estimate: Optional[Estimate]
    #: The threshold that was stated in advance, in the unit of the estimate.
    margin: float
    #: On which side of the margin the claim holds: below or above.
    right_side: str
    #: One-sided p-value after Holm's correction over the claims of the case, or None.
    p_adjusted: Optional[float]
    #: One sentence on what was seen.
    reason: str
    #: Names that `Run.figure` takes.
    figures: tuple[str, ...]


class Run:
    """A finished run in its folder."""

    def __init__(self, folder: Union[str, Path]) -> None:
        #: The folder of the run.
        self.folder = Path(folder)
        document = _document(self.folder)
        try:
            #: Every verdict, in the order of the study's cases.
            self.verdicts: list[Verdict] = [_verdict(claim) for claim in document["claims"]]
            #: The name of the study.
            self.study: str = document["study"]
        except (KeyError, TypeError) as error:
            problem = f"its verdicts.json has another form ({error!r})"
            raise InputError(f"{self.folder}: {problem}") from None
        #: What was left out, filled or scaled of recorded data.
        self.notes: list[str] = document.get("notes", [])
        #: Answers in words by case, each with the keys of verdicts.json; of recorded data only.
        self.answers: dict[str, list[dict[str, Any]]] = document.get("answers", {})

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is as expected."""
        return all(verdict.as_expected for verdict in self.verdicts)

    @property
    def page(self) -> Path:
        """The page of the run, which opens from disk."""
        return self.folder / "report.html"

    @property
    def figures(self) -> list[str]:
        """The names that `figure` takes, in the order of their letters."""
        return sorted(path.stem for path in (self.folder / "figures").glob("*.csv"))

    def measurements(self) -> list[Row]:
        """The rows of measurements.csv: one number each, with its interval [lower, upper].

        `index` is a float where it is a number, such as a time in steps or a truncation length in
        steps. A cell that is empty is None: a number without an interval has no `lower`, `upper`
        and `level`, and one that is undefined has no `value` and says why in `undefined`.
        """
        numbers = {"index", "value", "lower", "upper", "level"}
        return _rows(self.folder / "measurements.csv", numbers)

    def figure(self, name: str) -> list[Row]:
        """The rows of figures/NAME.csv: every value that the figure draws, in its axes' units."""
        if name not in self.figures:
            there = ", ".join(self.figures)
            raise InputError(f"{self.folder} has no figure {name!r}; it has {there}")
        return _rows(self.folder / "figures" / f"{name}.csv", {"x", "y", "lower", "upper"})

    def frame(self, kind: str = "measurements") -> "pandas.DataFrame":
        """The measurements or the verdicts as a DataFrame of pandas.

        Both have the columns `case` and `claim`, by which they join. Of a verdict's estimate the
        columns are `estimate` (its name), `value`, `lower`, `upper` and `level`.
        """
        if kind not in ("measurements", "verdicts"):
            raise InputError(f"there is no frame {kind!r}; give 'measurements' or 'verdicts'")
        try:
            import pandas
        except ImportError as missing:
            raise ImportError(
                "frame() needs pandas (pip install pandas); "
                "measurements() and verdicts need nothing"
            ) from missing
        if kind == "measurements":
            return pandas.DataFrame(self.measurements())
        return pandas.DataFrame([_flat(verdict) for verdict in self.verdicts])

    def __repr__(self) -> str:
        words = [verdict.verdict for verdict in self.verdicts]
        counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
        return f"<Run {self.study!r} in {self.folder}: {counts}>"


def _document(folder: Path) -> dict[str, Any]:
    """The content of verdicts.json, which is written last and so marks a finished run."""
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder")
    if not (folder / "manifest.json").is_file():
        raise InputError(f"{folder}: this folder holds no run")
    try:
        document = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = "this run is not finished; the same call goes on with it"
        raise InputError(f"{folder}: {problem}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: its verdicts.json cannot be read ({error})") from None
    if not isinstance(document, dict):
        document = {}
    version = document.get("schema_version")
    if version != _SCHEMA:
        problem = f"its verdicts.json has form {version!r}, and this module reads {_SCHEMA}"
        raise InputError(f"{folder}: {problem}")
    return document


def _verdict(claim: Mapping[str, Any]) -> Verdict:
    estimate = claim["estimate"]
    if estimate is not None:
        numbers = {key: _number(estimate[key]) for key in ("value", "lower", "upper", "level")}
        estimate = Estimate(name=estimate["name"], **numbers)
    return Verdict(
        id=claim["id"],
        case=claim["case"],
        statement=claim["statement"],
        verdict=claim["verdict"],
        expected=claim["expected"],
        as_expected=claim["as_expected"],
        estimate=estimate,
        margin=_number(claim["margin"]),
        right_side=claim["right_side"],
        p_adjusted=claim["p_adjusted"],
        reason=claim["reason"],
        figures=tuple(claim["figures"]),
    )


def _number(value: Optional[float]) -> float:
    """A number of the file, where JSON has null for one that is not finite."""
    return math.nan if value is None else float(value)


def _flat(verdict: Verdict) -> dict[str, Any]:
    estimate = verdict.estimate
    return {
        "case": verdict.case,
        "claim": verdict.id,
        "verdict": verdict.verdict,
        "expected": verdict.expected,
        "as_expected": verdict.as_expected,
        "estimate": estimate.name if estimate else None,
        "value": estimate.value if estimate else math.nan,
        "lower": estimate.lower if estimate else math.nan,
        "upper": estimate.upper if estimate else math.nan,
        "level": estimate.level if estimate else math.nan,
        "margin": verdict.margin,
        "right_side": verdict.right_side,
        "p_adjusted": math.nan if verdict.p_adjusted is None else verdict.p_adjusted,
        "reason": verdict.reason,
    }


def _rows(path: Path, numbers: set[str]) -> list[Row]:
    """The rows of a CSV file; cells of the named columns are floats where they are numbers."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {key: _cell(cell, key in numbers) for key, cell in row.items()}
                for row in csv.DictReader(file)
            ]
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from None


def _cell(text: str, is_number: bool) -> Union[str, float, None]:
    if not text:
        return None
    if is_number:
        try:
            return float(text)
        except ValueError:
            pass
    return text
