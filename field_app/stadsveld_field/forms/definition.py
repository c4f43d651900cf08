"""Form definitions: which fields a form has, read from `resources/forms/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from stadsveld.resources import resource
from stadsveld.text import language


@dataclass(frozen=True)
class FormField:
    """One field of a form.

    Attributes:
        name: its name in the record.
        kind: `damage_type`, `code`, `position`, `photos` or `text`.
        required: whether its absence is a finding.
        codes: name of the code list of a `code` field.
        labels: language -> what the screen calls it.
        missing: language -> the sentence when it is empty though required.
    """

    name: str
    kind: str
    required: bool
    codes: str | None
    labels: Mapping[str, str]
    missing: Mapping[str, str]

    @property
    def label(self) -> str:
        """Its name in the language in use."""
        return self.labels[language()]

    @property
    def missing_text(self) -> str:
        """What to do when it is empty, in the language in use."""
        return self.missing[language()]


@dataclass(frozen=True)
class FormDefinition:
    """A form as data.

    Attributes:
        name: also the kind of the inspections that it makes.
        norm_pack: the norm pack whose terms it uses.
        titles: language -> title.
        fields: its fields, in order.
    """

    name: str
    norm_pack: str
    titles: Mapping[str, str]
    fields: tuple[FormField, ...]

    @property
    def title(self) -> str:
        """Its title in the language in use."""
        return self.titles[language()]

    def field(self, name: str) -> FormField:
        """Return the field called `name`; raises KeyError where there is none."""
        for found in self.fields:
            if found.name == name:
                return found
        raise KeyError(f"the form {self.name} has no field {name}")


def load_form(name: str) -> FormDefinition:
    """Return the shipped form called `name`.

    Raises:
        FileNotFoundError: this installation lacks it.
    """
    data = json.loads(resource("forms", f"{name}.json").read_text(encoding="utf-8"))
    fields = tuple(
        FormField(
            row["name"], row["kind"], row["required"], row.get("codes"), row["label"], row.get("missing", {})
        )
        for row in data["fields"]
    )
    return FormDefinition(data["name"], data["norm_pack"], data["title"], fields)
