"""How many fields introspection would answer: counted one by one, as no average tells what somebody picks out.

A type of a hundred fields, asked for sixty times, is a small document. Counting ends where it is too much.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    is_abstract_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)

Fragments = Mapping[str, FragmentDefinitionNode]


class Introspection:
    """Of one operation. `variables` may name the type that is asked for.

    Nothing below `deepest` is counted, as that is refused: what is spread inside itself has no other end.
    """

    def __init__(
        self, schema: GraphQLSchema, fragments: Fragments, variables: Mapping[str, Any], most: int, deepest: int
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._most = most
        self._deepest = deepest
        self._count = 0
        self._flat: dict[int, Sequence[FieldNode]] = {}

    def count(self, operation: OperationDefinitionNode) -> int:
        """Exact up to `most`; beyond that, more than `most`."""
        self._defaults = {
            definition.variable.name.value: definition.default_value
            for definition in operation.variable_definitions or ()
        }
        for node in self._fields(operation.selection_set):
            if node.selection_set is not None and node.name.value in ("__schema", "__type"):
                asked = self._schema if node.name.value == "__schema" else self._named(node)
                if asked is not None:
                    self._walk(node.selection_set, asked, 2)
        return self._count

    def _walk(self, selections: SelectionSetNode, value: Any, level: int) -> None:
        for node in self._fields(selections):
            self._count += 1
            inner = node.selection_set
            # Who asks for no field of many things makes no work either.
            if inner is not None and level < self._deepest and self._fields(inner):
                for child in self._children(node.name.value, value):
                    if self._count > self._most:
                        return
                    self._walk(inner, child, level + 1)

    def _fields(self, selections: SelectionSetNode) -> Sequence[FieldNode]:
        """Those of fragments too, whatever their type condition, each of which executes once in one selection."""
        found = self._flat.get(id(selections))
        if found is None:
            found = self._flat[id(selections)] = list(self._flattened(selections, set()))
        return found

    def _flattened(self, selections: SelectionSetNode, seen: set[str]) -> Iterable[FieldNode]:
        for node in selections.selections:
            match node:
                case FieldNode():
                    yield node
                case InlineFragmentNode():
                    yield from self._flattened(node.selection_set, seen)
                case FragmentSpreadNode(name=name) if name.value in self._fragments and name.value not in seen:
                    seen.add(name.value)
                    yield from self._flattened(self._fragments[name.value].selection_set, seen)

    def _children(self, name: str, value: Any) -> Iterable[Any]:
        if name == "possibleTypes":
            return self._schema.get_possible_types(value) if is_abstract_type(value) else ()
        find = CHILDREN.get(name)
        return () if find is None else find(value)

    def _named(self, node: FieldNode) -> Any:
        given = next((argument.value for argument in node.arguments or () if argument.name.value == "name"), None)
        name: Any = None
        if isinstance(given, VariableNode):
            name = self._variables.get(given.name.value)
            given = self._defaults.get(given.name.value) if name is None else None
        if isinstance(given, StringValueNode):
            name = given.value
        return self._schema.type_map.get(name) if isinstance(name, str) else None


def _one(name: str) -> Callable[[Any], Iterable[Any]]:
    def find(value: Any) -> Iterable[Any]:
        found = getattr(value, name, None)
        return () if found is None else (found,)

    return find


def _all(name: str) -> Callable[[Any], Iterable[Any]]:
    def find(value: Any) -> Iterable[Any]:
        found = getattr(value, name, ())
        return found.values() if isinstance(found, Mapping) else found

    return find


def _fields_of(value: Any) -> Iterable[Any]:
    return value.fields.values() if is_object_type(value) or is_interface_type(value) else ()


def _input_fields_of(value: Any) -> Iterable[Any]:
    return value.fields.values() if is_input_object_type(value) else ()


CHILDREN: Mapping[str, Callable[[Any], Iterable[Any]]] = {
    "types": _all("type_map"),
    "directives": _all("directives"),
    "queryType": _one("query_type"),
    "mutationType": _one("mutation_type"),
    "subscriptionType": _one("subscription_type"),
    "fields": _fields_of,
    "inputFields": _input_fields_of,
    "interfaces": _all("interfaces"),
    "enumValues": _all("values"),
    "args": _all("args"),
    "type": _one("type"),
    "ofType": _one("of_type"),
}
