"""YAML for people: every scalar is text, every key knows its line, nothing is silently dropped.

Plain YAML reads an unquoted 18:00 as the number 1080 and a phone number as an integer; here the
fields themselves say what they are. Aliases are refused, for they can explode.
"""

from collections.abc import Mapping
from typing import NoReturn

import yaml

from domain.errors import BusinessError

Place = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the outside in."""


class Marked:
    """A document as text, lists and mappings, with the line of each place."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {(): 1}
        self.problems: list[str] = []
        try:
            self.value = self._plain(_compose(text), ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._refuse(mark.line if mark else 0, error.problem or "is not YAML", error)
        except (yaml.YAMLError, RecursionError) as error:
            self._refuse(0, "is not YAML", error)

    def problem(self, place: Place, reason: str) -> str:
        """One line about a place; a missing key has no line, so the nearest around it counts."""
        near = max((place[:n] for n in range(len(place) + 1) if place[:n] in self.lines), key=len)
        path = ".".join(map(str, place))
        return f"{self.name}:{self.lines[near]}: {f'{path}: ' if path else ''}{reason}"

    def _refuse(self, line: int, reason: str, cause: Exception) -> NoReturn:
        raise BusinessError(f"{self.name}:{line + 1}: {reason}") from cause

    def _plain(self, node: yaml.Node | None, place: Place) -> object:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*place, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            if not node.value.strip():
                self.problems.append(self.problem(place, "is empty"))
            return str(node.value)
        return None

    def _item(self, node: yaml.Node, place: Place) -> object:
        self.lines[place] = node.start_mark.line + 1
        return self._plain(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> Mapping[str, object]:
        plain: dict[str, object] = {}
        for key, value in node.value:
            inner = (*place, str(key.value))
            twice = inner in self.lines
            self.lines[inner] = key.start_mark.line + 1
            if twice:
                self.problems.append(self.problem(inner, "stands there twice"))
            plain[str(key.value)] = self._plain(value, inner)
        return plain


def _compose(text: str) -> yaml.Node | None:
    for token in yaml.scan(text, yaml.BaseLoader):
        if isinstance(token, yaml.AliasToken):
            raise yaml.MarkedYAMLError(problem="no * here", problem_mark=token.start_mark)
    return yaml.compose(text, yaml.BaseLoader)
