"""What a document asks for, found in one pass that looks at every fragment once, before anything validates it.

Validation and execution take time that grows with what fragments expand to, and with its square for fields of one
name; so a few hundred bytes could keep a server busy for minutes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_list_type,
)
from graphql.type import SchemaMetaFieldDef, TypeMetaFieldDef

from domain.bulk import MAX_ITEMS
from domain.paging import DEFAULT_PAGE, MAX_PAGE
from graph.introspecting import Introspection

MAX_DEPTH = 20
MAX_FIELDS = 500
FIELDS = "fields, fragments counted wherever they are spread"
MAX_INTROSPECTION = 16_000
INTROSPECTION = "fields of introspection"
"""Tools ask for some 13,000 at once; each takes as long as a field that is worked for."""

MAX_NESTING = 60
"""Selection sets within one another, those of fragments too: what this pass's own recursion stands."""

LIST = 10
"""What lists that are no pages are taken to hold; those in images can hold 64, and mostly hold one or two."""

RESULTS = "results"
"""What a mutation of many things answers: one for each."""

BEYOND = 10**9


class TooMuch(Exception):
    """The document expands to more than is worth counting."""


@dataclass(slots=True)
class Measure:
    """Of a selection, with its fragments expanded wherever they are spread."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    mutations: int = 0
    cost: int = 0
    introspection: int = 0
    """Fields of introspection in the answer; no more are counted than are too many."""

    names: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each response name stands under each type: fields of one name are compared with one another."""

    def include(self, other: "Measure", times: float = 1) -> None:
        self.depth = max(self.depth, other.depth)
        self.fields += other.fields
        self.aliases += other.aliases
        self.directives += other.directives
        self.mutations += other.mutations
        self.cost = min(self.cost + int(other.cost * times), BEYOND)
        self.names.update(other.names)
        if self.fields > MAX_FIELDS:
            raise TooMuch(f"the document asks for more than {MAX_FIELDS} {FIELDS}")

    @property
    def overlaps(self) -> int:
        return sum(count * (count - 1) // 2 for count in self.names.values())


def measured(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]
) -> Measure:
    """The whole document's measure, as all of it is validated; its cost is that of the operation that will run.

    Raises TooMuch. Whatever is wrong with the document otherwise is left to validation.
    """
    one_pass = _Pass(schema, _fragments(document), variables)
    whole = Measure()
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    # The one that runs goes first, as fragments are measured with the defaults of whoever spreads them first.
    for operation in sorted(operations, key=lambda node: not _runs(node, operation_name)):
        measure = one_pass.operation(operation)
        if not _runs(operation, operation_name):
            measure.cost = 0
        whole.include(measure)
    for fragment in one_pass.unused():
        whole.include(one_pass.fragment(fragment, 0))
    if operations:
        runs = next((node for node in operations if _runs(node, operation_name)), operations[0])
        counting = Introspection(schema, _fragments(document), variables, MAX_INTROSPECTION, MAX_DEPTH)
        whole.introspection = counting.count(runs)
        if whole.introspection > MAX_INTROSPECTION:
            raise TooMuch(f"the document asks for more than {MAX_INTROSPECTION} {INTROSPECTION}")
    return whole


class _Pass:
    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._seen: dict[str, Measure] = {}
        self._defaults: Mapping[str, ValueNode | None] = {}

    def operation(self, node: OperationDefinitionNode) -> Measure:
        self._defaults = {
            definition.variable.name.value: definition.default_value for definition in node.variable_definitions or ()
        }
        root = self._schema.get_root_type(node.operation)
        measure = self._selections(node.selection_set, root, 1)
        measure.directives += len(node.directives or ())
        if node.operation is OperationType.MUTATION:
            measure.mutations = sum(
                count for (parent, _), count in measure.names.items() if root and parent == root.name
            )
        return measure

    def unused(self) -> Iterable[str]:
        return [name for name in self._fragments if name not in self._seen]

    def fragment(self, name: str, level: int) -> Measure:
        """What is spread inside itself counts once: validation refuses it."""
        if name not in self._seen:
            self._seen[name] = Measure()
            node = self._fragments.get(name)
            if node is not None:
                parent = self._schema.get_type(node.type_condition.name.value)
                self._seen[name] = self._selections(node.selection_set, parent, level + 1)
        return self._seen[name]

    def _selections(self, node: SelectionSetNode, parent: GraphQLNamedType | None, level: int) -> Measure:
        if level > MAX_NESTING:
            raise TooMuch(f"the document nests selections deeper than {MAX_NESTING} levels")
        total = Measure()
        for selection in node.selections:
            total.directives += len(selection.directives or ())
            match selection:
                case FieldNode():
                    self._field(total, selection, parent, level)
                case FragmentSpreadNode():
                    total.include(self.fragment(selection.name.value, level))
                case InlineFragmentNode():
                    condition = selection.type_condition
                    narrowed = self._schema.get_type(condition.name.value) if condition else parent
                    total.include(self._selections(selection.selection_set, narrowed, level + 1))
        return total

    def _field(self, total: Measure, node: FieldNode, parent: GraphQLNamedType | None, level: int) -> None:
        name = node.name.value
        definition = self._definition(parent, name)
        named = get_named_type(definition.type) if definition else None
        own = Measure(depth=1, fields=1, aliases=1 if node.alias else 0)
        own.names[parent.name if parent else "", (node.alias or node.name).value] = 1
        if node.selection_set:
            inner = self._selections(node.selection_set, named, level + 1)
            own.include(inner, self._times(node, definition, parent))
            own.depth = inner.depth + 1
        own.cost += 0 if parent is not None and is_introspection_type(parent) else 1
        total.include(own)

    def _definition(self, parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
        if name == "__schema":
            return SchemaMetaFieldDef
        if name == "__type":
            return TypeMetaFieldDef
        return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None

    def _times(self, node: FieldNode, definition: GraphQLField | None, parent: GraphQLNamedType | None) -> float:
        """How many values the field's selection is answered for at most."""
        if definition is None or parent is None:
            return 1
        if "first" in definition.args:
            return self._page(node)
        if not is_list_type(get_nullable_type(definition.type)) or parent.name.endswith("Connection"):
            return 1  # the connection's own field has multiplied
        if "ids" in definition.args:
            return self._length(node)
        if parent.name.endswith("Payload") and node.name.value == RESULTS:
            return MAX_ITEMS
        return LIST

    def _page(self, node: FieldNode) -> int:
        given = [
            self._value(argument.value) for argument in node.arguments or () if argument.name.value in ("first", "last")
        ]
        sizes = [min(max(size, 1), MAX_PAGE) for size in given if isinstance(size, int | float) and size == size // 1]
        return int(max(sizes, default=DEFAULT_PAGE))

    def _length(self, node: FieldNode) -> int:
        given = [self._value(argument.value) for argument in node.arguments or () if argument.name.value == "ids"]
        return min(max((len(value) for value in given if isinstance(value, list)), default=1), MAX_PAGE)

    def _value(self, node: ValueNode | None) -> object:
        """Numbers and lists; None for all else that is written in the document."""
        match node:
            case VariableNode():
                name = node.name.value
                return self._variables[name] if name in self._variables else self._value(self._defaults.get(name))
            case IntValueNode():
                return int(node.value) if len(node.value) < 10 else MAX_PAGE
            case ListValueNode():
                return list(node.values)
        return None


def _runs(node: OperationDefinitionNode, operation_name: str | None) -> bool:
    return operation_name is None or (node.name is not None and node.name.value == operation_name)


def _fragments(document: DocumentNode) -> Mapping[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
