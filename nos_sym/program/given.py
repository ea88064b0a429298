"""Values of a program's settings, checked against their domains."""

from __future__ import annotations

from collections.abc import Mapping

from nos_sym.program.program import Program, Value


def given_settings(program: Program, settings: Mapping[str, float]) -> dict[Value, float]:
    """Return the values of a program's settings; those that are not given have their defaults.

    Raises:
        ValueError: the rule has no setting of a name, or a value is outside its domain.
    """
    names = [setting.name for setting in program.settings]
    for name, value in settings.items():
        if name not in names:
            raise ValueError(
                f"the rule has no setting '{name}'; expected one of {', '.join(names) or 'none'}"
            )
        domain = program.settings[names.index(name)].domain
        if value not in domain:
            raise ValueError(f"setting {name} = {value} is out of range; expected a value in {domain}")
    return {s.value: float(settings.get(s.name, s.default)) for s in program.settings}
