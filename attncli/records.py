"""Frozen records: like frozen dataclasses, but quick to define.

`dataclasses.dataclass(frozen=True)` writes and compiles five methods for every class, about half a
millisecond each. The program has over a hundred small records, and a command that calculates a few
rows must not spend a third of its time on them. Therefore all records share their methods. Type
checkers see them as dataclasses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

__all__ = ["by_name", "field", "kinds_of", "names_of", "record", "replace", "values_of"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
    from dataclasses import field, replace
else:

    class field:  # noqa: N801
        """A default value that is created anew for each record."""

        def __init__(self, *, default_factory: Any) -> None:
            self.made = default_factory

    def record(*, frozen: bool) -> Any:
        """Return a decorator: the annotated names of a class become fields that are set once."""
        assert frozen
        return _as_record

    def replace(one: Any, **changes: Any) -> Any:
        """Return a copy of the record with the given fields changed."""
        return type(one)(**{**values_of(one), **changes})

    def _as_record(cls: type) -> type:
        kinds: dict[str, str] = {}
        defaults: dict[str, Any] = {}
        for base in reversed(cls.__mro__[1:]):
            kinds |= base.__dict__.get("_kinds", {})
            defaults |= base.__dict__.get("_defaults", {})
        annotated = cls.__annotations__.items()
        own = {name: kind for name, kind in annotated if not kind.startswith("ClassVar")}
        defaults |= {name: cls.__dict__[name] for name in own if name in cls.__dict__}
        cls._kinds, cls._defaults = kinds | own, defaults
        cls.__match_args__ = cls._names = tuple(cls._kinds)
        cls.__init__, cls.__repr__, cls.__eq__, cls.__hash__ = _init, _repr, _eq, _hash
        cls.__setattr__ = cls.__delattr__ = _refuse
        return cls

    def _init(self: Any, *values: Any, **named: Any) -> None:
        names, defaults = self._names, self._defaults
        given = self.__dict__
        given.update(zip(names, values, strict=False))
        for name in names[len(values) :]:
            if name in named:
                given[name] = named.pop(name)
            elif name in defaults:
                default = defaults[name]
                given[name] = default.made() if isinstance(default, field) else default
            else:
                raise TypeError(f"{type(self).__name__} needs {name}")
        if named or len(values) > len(names):
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}, each once")

    def _repr(self: Any) -> str:
        fields = (f"{name}={value!r}" for name, value in values_of(self).items())
        return f"{type(self).__qualname__}({', '.join(fields)})"

    def _eq(self: Any, other: object) -> Any:
        return values_of(self) == values_of(other) if type(other) is type(self) else NotImplemented

    def _hash(self: Any) -> int:
        return hash((type(self), *values_of(self).values()))

    def _refuse(self: Any, name: str, *_: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")


def kinds_of(one: object) -> dict[str, str]:
    """Return the names of a record's fields with their type annotations as text."""
    kinds: dict[str, str] = type(one)._kinds  # type: ignore[attr-defined]
    return kinds


def names_of(one: object) -> tuple[str, ...]:
    """Return the names of a record's fields, in their order."""
    names: tuple[str, ...] = type(one)._names  # type: ignore[attr-defined]
    return names


class HasName(Protocol):
    """A record with a name."""

    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=HasName)


def by_name(*entries: Named) -> dict[str, Named]:
    """Return a registry: these records by their names, in this order."""
    return {entry.name: entry for entry in entries}


def values_of(one: object) -> dict[str, Any]:
    """Return the values of a record's fields by their names, in their order."""
    return {name: getattr(one, name) for name in names_of(one)}
