"""What one of the field's own tables is: its fields, and the words by which they are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from citycommons.core.errors import NotFound
from citycommons.core.types import Field, Rule, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelField:
    """A field of a model, and by which words it is recognised."""

    meaning: Field
    words: tuple[str, ...]  # names of columns in four languages, in small letters
    is_required: bool = False
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # code → words in values
    coded: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name of a column → what its numbers mean there (a national record description)."""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def name(self) -> str:
        return self.meaning.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One of the field's own tables."""

    id: str
    title: Text
    source: str
    fields: tuple[ModelField, ...]
    words: tuple[str, ...] = ()  # that names of files and columns of such tables hold
    one_of: tuple[str, ...] = ()  # fields of which a table has at least one
    wide: tuple[str, str] | None = None  # (name, value): often one column for each name
    rules: tuple[Rule, ...] = ()

    def of(self, name: str) -> ModelField:
        """The field of that name; raises `NotFound`."""
        for one in self.fields:
            if one.name == name:
                return one
        raise NotFound(
            f"The model “{self.id}” has no field “{name}”; it has "
            f"{', '.join(one.name for one in self.fields)}."
        )
