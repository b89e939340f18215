"""Frozen dataclasses that are quick to define.

`dataclasses.dataclass(frozen=True)` writes and compiles five methods for every class, about half a
millisecond each. There are over a hundred small records here, and a command that calculates a few
rows must not spend a third of its time on them; these share their methods. All else, `fields` and
`replace` included, is the standard library's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import MISSING, FrozenInstanceError, dataclass, fields

    def record(*, frozen: bool) -> Any:
        """A decorator: the class as a frozen dataclass."""
        assert frozen

        def made(cls: type) -> type:
            cls = dataclass(init=False, repr=False, eq=False)(cls)
            cls.__init__, cls.__repr__ = _init, _repr
            cls.__eq__, cls.__hash__ = _eq, _hash
            cls.__setattr__ = cls.__delattr__ = _refuse
            return cls

        return made

    def _init(self: Any, *values: Any, **named: Any) -> None:
        known = fields(self)
        if len(values) > len(known):
            raise TypeError(f"{type(self).__name__} takes {len(known)} values, not {len(values)}")
        given = self.__dict__
        for field, value in zip(known, values, strict=False):
            given[field.name] = value
        for field in known[len(values) :]:
            if field.name in named:
                given[field.name] = named.pop(field.name)
            elif field.default is not MISSING:
                given[field.name] = field.default
            elif field.default_factory is not MISSING:
                given[field.name] = field.default_factory()
            else:
                raise TypeError(f"{type(self).__name__} needs {field.name}")
        if named:
            raise TypeError(f"{type(self).__name__} has no {', '.join(named)}, or has it twice")

    def _values(self: Any) -> tuple[Any, ...]:
        return tuple(self.__dict__[field.name] for field in fields(self))

    def _repr(self: Any) -> str:
        said = (f"{field.name}={self.__dict__[field.name]!r}" for field in fields(self))
        return f"{type(self).__qualname__}({', '.join(said)})"

    def _eq(self: Any, other: object) -> Any:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def _hash(self: Any) -> int:
        return hash((type(self), *_values(self)))

    def _refuse(self: Any, name: str, *_: object) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")
