"""A study as TOML text, from the types of Python that have a form there."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, Mapping

from ._command import InputError

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def text_of(study: Mapping[str, Any]) -> str:
    """The study as TOML: `{"study": {"seed": 1}}` becomes the section `[study]` with `seed = 1`.

    Values are str, bool, int (of 64 bits), float, list, tuple and dict with str as keys. Any other
    type is refused, with the place of the value.
    """
    return "\n".join(_section((), study)) + "\n"


def _section(place: tuple[str, ...], section: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a section: its values first, since a header ends it, then its own sections."""
    inner = {key: value for key, value in section.items() if isinstance(value, Mapping)}
    if place and (len(inner) < len(section) or not inner):
        yield f"[{'.'.join(_key(part, place) for part in place)}]"
    for key, value in section.items():
        if key not in inner:
            yield f"{_key(key, place)} = {_value(value, (*place, key))}"
    for key, value in inner.items():
        _key(key, place)
        yield from _section((*place, key), value)


def _key(key: Any, place: tuple[str, ...]) -> str:
    if not isinstance(key, str):
        raise InputError(f"{_shown(place)}: the key {key!r} is no str")
    return key if _BARE.match(key) else _string(key, place)


def _value(value: Any, place: tuple[Any, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise InputError(f"{_shown(place)}: {value} needs more than 64 bits")
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, str):
        return _string(value, place)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(part, (*place, at)) for at, part in enumerate(value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key, place)} = {_value(x, (*place, key))}" for key, x in value.items())
        return f"{{{', '.join(pairs)}}}"
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise InputError(
        f"{_shown(place)}: {kind} has no form in a study; "
        "give str, bool, int, float, list or dict (of NumPy: x.tolist() or x.item())"
    )


def _string(text: str, place: tuple[Any, ...]) -> str:
    """A basic string. JSON escapes as TOML does, except for U+007F."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{_shown(place)}: {text!r} has no form in UTF-8") from None
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _shown(place: tuple[Any, ...]) -> str:
    return "study" + "".join(f"[{part!r}]" for part in place)
