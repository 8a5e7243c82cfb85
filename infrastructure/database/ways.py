"""Along which index a filtered history is read, so that a page and its count cost the same however long the history is.

What leaves the fewest images is read along (see `image_queries.ranks`); every other condition is looked up for each
image on the way. The rows of tags and collections carry their image's time, so that
they are in the order of the history by themselves.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    String,
    Table,
    and_,
    bindparam,
    case,
    exists,
    false,
    literal,
    literal_column,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from domain.images import ImageFilter, ImageOrder, ImageOrderField
from domain.paging import MAX_COUNT
from infrastructure.database.keyset import Keyset
from infrastructure.database.library_tables import WITH_NOTE, collected_images, collections, image_tags, sessions
from infrastructure.database.statements import Query
from infrastructure.database.tables import EMOTION_BITS, STARRED, images, with_emotion


class Unindexed(FunctionElement[Any]):
    """A column by which SQLite is not to look anything up: it knows too little of the rows to choose well."""

    inherit_cache = True
    name = "unindexed"

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unindexed)
def _as_it_is(element: Unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(Unindexed, "sqlite")
def _without_index(element: Unindexed, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


@dataclass(frozen=True, slots=True)
class Sought:
    """A filter, with what the database knows of it."""

    where: ImageFilter
    networks: tuple[str, ...] = ()
    """Those of the filter's name."""
    along: int = 0
    """Which of `choices` its list is read along."""
    most: int = MAX_COUNT
    """How many images are looked at for a count."""


@dataclass(frozen=True, slots=True)
class Way:
    """Rows of a table, one an image, that a list or a part of it is read along; `met` are the filter's names for what
    they fulfil already."""

    table: Table
    time: ColumnElement[Any]
    id: ColumnElement[str]
    conditions: tuple[ColumnElement[bool], ...] = ()
    met: frozenset[str] = frozenset()
    distinct: bool = False
    said: tuple[ColumnElement[bool], ...] = ()
    """Conditions that no index answers."""

    def select(self, sought: Sought, *columns: ColumnElement[Any], rows: bool) -> Query:
        """The rows that fulfil the whole filter; `rows`: with those of `images` beside them."""
        where = sought.where
        left = {name: one for name, one in _of_images(sought) if name not in self.met}
        source: FromClause = self.table
        if self.table is not images and (left or rows):
            source = self.table.join(images, images.c.id == self.id)
        chosen = select(*columns).select_from(source)
        return (chosen.distinct() if self.distinct else chosen).where(
            *self.conditions, *self.said, *_in_time(self.time, where), *left.values(), *_of_others(where, self)
        )

    def candidates(self, sought: Sought, *, repeated: bool) -> Query:
        """The rows that lie along it, each with `found`, which is null unless it fulfils the rest of the filter too.

        The rest stands in what is selected, so that nothing but the way decides which rows are read. `repeated`: it
        is then the image's id, as another way may meet the image too.
        """
        where = sought.where
        apart = self.table is not images
        left = [one for name, one in _of_images(sought, indexed=apart) if name not in self.met]
        if left and apart:
            # By its time, not by its id alone: the indexes in the order of time have the emotions or the network too.
            left = [_any(images.c.created_at == self.time, Unindexed(images.c.id) == self.id, *left)]
        rest = (*self.said, *left, *_of_others(where, self))
        found = self.id if repeated or self.distinct else literal(1, Integer())
        return (
            select((case((and_(*rest), found)) if rest else found).label("found"))
            .select_from(self.table)
            .where(*self.conditions, *_in_time(self.time, where))
        )

    def edge(self, where: ImageFilter, *, last: bool) -> ScalarSelect[Any]:
        """The time of its first row, or of its last one."""
        by = self.time.desc() if last else self.time.asc()
        found = select(self.time).where(*self.conditions, *_in_time(self.time, where)).order_by(by).limit(1)
        return found.scalar_subquery()

    def between(self, first: ScalarSelect[Any], last: ScalarSelect[Any]) -> Query:
        """Its rows of that time, however much of the filter they fulfil."""
        one = literal(1, Integer()).label("one")
        return select(one).select_from(self.table).where(*self.conditions, self.time >= first, self.time <= last)

    def keyset(self, order: ImageOrder) -> Keyset:
        """By seed, the rows of some images are sorted, those of all are read along the index of seeds."""
        if order.field is ImageOrderField.CREATED_AT:
            return Keyset(self.time, self.id, order.descending)
        column = images.c.seed if order.field is ImageOrderField.SEED else images.c.place
        few = order.field is ImageOrderField.SEED and self.conditions
        return Keyset(Unindexed(column) if few else column, self.id, order.descending)


def ways(sought: Sought, order: ImageOrder) -> Sequence[Way]:
    """Several where the condition that is read along has alternatives: an image may be met on each."""
    where, in_time = sought.where, order.field is ImageOrderField.CREATED_AT
    if where.network is not None and not sought.networks:
        return [_images(false(), met=())]
    found = choices(sought, order)
    if found:
        return found[sought.along]
    owned = () if where.owner is None else (images.c.owner == where.owner,)
    return [Way(images, images.c.created_at, images.c.id, owned if in_time else (), _OWNED if in_time else _NOTHING)]


TOLD = ":id"
"""Nothing's id: it stands for one that is told when the statement is run."""


def without_ids(sought: Sought) -> Sought:
    """The same for the images of all generations and of all sources; which it is are then `ids` of the statement."""
    where = sought.where
    if where.generation_id is None and where.source_id is None:
        return sought
    told = replace(where, generation_id=where.generation_id and TOLD, source_id=where.source_id and TOLD)
    return replace(sought, where=told)


def ids(sought: Sought) -> dict[str, str]:
    given = {"generation": sought.where.generation_id, "source": sought.where.source_id}
    return {name: value for name, value in given.items() if value is not None}


def _id(name: str, value: str) -> str | ColumnElement[str]:
    return bindparam(name, type_=String()) if value == TOLD else value


_NOTHING: frozenset[str] = frozenset()
_OWNED = frozenset({"owner"})


def choices(sought: Sought, order: ImageOrder) -> Sequence[Sequence[Way]]:
    """The conditions that the list may be read along, those first that leave the fewest by experience."""
    where = sought.where
    if where.generation_id is not None:
        return [[_images(images.c.generation_id == _id("generation", where.generation_id), met=("generation",))]]
    if where.source_id is not None:
        return [[_images(images.c.source_id == _id("source", where.source_id), met=("source",))]]
    return list(_choices(where, sought.networks, in_time=order.field is ImageOrderField.CREATED_AT))


def _choices(where: ImageFilter, networks: Sequence[str], *, in_time: bool) -> Iterator[Sequence[Way]]:
    owned = () if where.owner is None else (images.c.owner == where.owner,)
    if where.collection_id is not None:
        yield [_collected(where, where.collection_id)]
    elif where.text is not None:
        yield [_noted(where, where.text)]
    if where.seed is not None:
        yield [_images(images.c.seed == where.seed, *owned, met=("seed", "owner"))]
    if where.starred:
        yield [_images(STARRED, *owned, met=("starred", "owner"))]
    if where.session_id is not None:
        whose = () if where.owner is None else (_is(sessions, where.session_id, where.owner),)
        yield [_images(images.c.session_id == where.session_id, *whose, met=("session", "owner"))]
    for tag_id in dict.fromkeys(where.all_tags):
        yield [_tagged(tag_id, where.owner, f"tag {tag_id}")]
    if where.any_tags:
        yield [_tagged(tag_id, where.owner, "any_tags") for tag_id in dict.fromkeys(where.any_tags)]
    if in_time and where.emotions:
        yield [_images(with_emotion(one), *owned, met=("owner", "emotions")) for one in dict.fromkeys(where.emotions)]
    if in_time and networks:
        yield [_images(images.c.network_sha256 == key, *owned, met=("owner", "network")) for key in networks]


def _any(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is a row, looked up each time: of an EXISTS PostgreSQL gathers all rows first, however many."""
    return select(literal_column("1")).where(*conditions).limit(1).scalar_subquery().is_not(None)


def _images(*conditions: ColumnElement[bool], met: Collection[str]) -> Way:
    return Way(images, images.c.created_at, images.c.id, conditions, frozenset(met))


def _tagged(tag_id: str, owner: str | None, name: str) -> Way:
    owned = () if owner is None else (image_tags.c.owner == owner,)
    return Way(
        image_tags,
        image_tags.c.created_at,
        image_tags.c.image_id,
        (image_tags.c.tag_id == tag_id, *owned),
        frozenset({name, "owner"}),
    )


def _collected(where: ImageFilter, collection_id: str) -> Way:
    whose = () if where.owner is None else (_is(collections, collection_id, where.owner),)
    said = () if where.text is None else (_says(collected_images, where.text),)
    way = _noted(where, "")
    conditions = (collected_images.c.collection_id == collection_id, *whose)
    return replace(way, conditions=conditions, met=way.met | {"collection"}, distinct=False, said=said)


def _noted(where: ImageFilter, text: str) -> Way:
    owned = () if where.owner is None else (collected_images.c.owner == where.owner,)
    return Way(
        collected_images,
        collected_images.c.image_created_at,
        collected_images.c.image_id,
        (WITH_NOTE, *owned),
        frozenset({"text", "owner"}),
        distinct=True,
        said=(_says(collected_images, text),),
    )


def _in_time(time: ColumnElement[Any], where: ImageFilter) -> Iterator[ColumnElement[bool]]:
    if where.created_after is not None:
        yield time > where.created_after
    if where.created_before is not None:
        yield time < where.created_before


def _of_images(sought: Sought, *, indexed: bool = False) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """What the rows of `images` say themselves."""
    where, column_of = sought.where, _plain if indexed else Unindexed
    equal = {
        "owner": (images.c.owner, where.owner),
        "session": (images.c.session_id, where.session_id),
        "seed": (images.c.seed, where.seed),
        "starred": (images.c.starred, where.starred),
        "generation": (images.c.generation_id, where.generation_id and _id("generation", where.generation_id)),
        "source": (images.c.source_id, where.source_id and _id("source", where.source_id)),
    }
    yield from ((name, column_of(column) == value) for name, (column, value) in equal.items() if value is not None)
    if where.network is not None:
        # Of one, `=`: SQLite makes a table of what stands in IN, for each image.
        column, keys = column_of(images.c.network_sha256), sought.networks
        yield "network", column == keys[0] if len(keys) == 1 else column.in_(keys)
    if where.emotions:
        wanted = sum(EMOTION_BITS[emotion] for emotion in set(where.emotions))
        yield "emotions", images.c.emotions.bitwise_and(wanted) != 0


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column


def _of_others(where: ImageFilter, way: Way) -> Iterator[ColumnElement[bool]]:
    """What the rows say that belong to an image."""
    tag, entry = image_tags.alias("tag"), collected_images.alias("entry")
    for tag_id in where.all_tags:
        if f"tag {tag_id}" not in way.met:
            yield _any(tag.c.image_id == way.id, tag.c.tag_id == tag_id)
    if where.any_tags and "any_tags" not in way.met:
        yield _any(tag.c.image_id == way.id, tag.c.tag_id.in_(where.any_tags))
    if where.collection_id is not None and "collection" not in way.met:
        said = () if where.text is None else (_says(entry, where.text),)
        yield _any(entry.c.image_id == way.id, entry.c.collection_id == where.collection_id, *said)
    elif where.text is not None and "text" not in way.met:
        yield _any(entry.c.image_id == way.id, _says(entry, where.text))


def _says(entries: FromClause, text: str) -> ColumnElement[bool]:
    return entries.c.folded.contains(text, autoescape=True)


def _is(table: Table, key: str, owner: str) -> ColumnElement[bool]:
    """Whose something is says whose its images are; asked once, not for each of them."""
    return exists().where(table.c.id == key, table.c.owner == owner)
