"""Builds the segments of an index on Apache Spark.

    from birthmark import spark
    manifest = spark.build(session, open("packages.jsonl"), "/shared/segments", generation="2026-11-27", parts=64)

Spark schedules, tries again and keeps account; the work is done by the native program, one process for each part. See
docs/distributed.md for the steps. Install it by `pip install 'birthmark[spark]'`.
"""

from typing import Iterable, Iterator, Optional, Union

from . import build as contract
from .build import AlreadyPublished, DirectoryStore, Limits, MissingPart, PartResult, Store

__all__ = ["AlreadyPublished", "DirectoryStore", "Limits", "MissingPart", "PartResult", "Store", "build"]

# The names and widths are those that the tasks answer with: Spark compares them after the work is done.
_SCHEMA = "part long, file string, digest string, bytes long, components long, quarantined string"


def build(
    session,
    lines: Iterable[str],
    store: Union[str, Store],
    generation: str,
    parts: int = 64,
    limits: Limits = Limits(),
    program: Optional[str] = None,
) -> dict:
    """Builds a list of components and publishes its manifest; returns that.

    `lines` are those of `birthmark index build --list`, with paths that every machine sees. `store` is a directory that
    every machine sees, or an object with the methods of `Store`. `parts` is the number of segments. `program` is the path
    of the native program on the machines; by default that of the package.

    Raises MissingPart, AlreadyPublished, or what Spark raises where a task failed too often. Nothing is published then.
    """
    contract.manifest_name(generation)
    store = DirectoryStore(store) if isinstance(store, str) else store
    rows = contract.cut(lines, parts)
    wanted = {part for part, _ in rows}
    if not rows:
        return contract.publish([], [], generation, store)
    answers = _partitioned(session, rows).mapInArrow(_task(store, limits, program), _SCHEMA).collect()
    return contract.publish((PartResult(**answer.asDict()) for answer in answers), wanted, generation, store)


def _partitioned(session, rows):
    """A row for each part, each in a partition of its own, so that a part which fails takes no other along."""
    parts = {}
    for part, line in rows:
        parts.setdefault(part, []).append(line)
    rows, schema = list(parts.items()), "part long, lines array<string>"
    try:
        rows = session.sparkContext.parallelize(rows, len(rows))
    except AttributeError:
        # Over Spark Connect there is no context, and some partitions may get two parts.
        return session.createDataFrame(rows, schema).repartition(len(rows), "part")
    return session.createDataFrame(rows, schema)


def _task(store: Store, limits: Limits, program: Optional[str]):
    def run(batches: Iterator) -> Iterator:
        import pyarrow

        for row in (row for batch in batches for row in batch.to_pylist()):
            result = contract.build_part(row["part"], row["lines"], store, limits, program)
            yield pyarrow.RecordBatch.from_pylist([vars(result)], schema=_arrow_schema(pyarrow))

    return run


def _arrow_schema(pyarrow):
    text, number = pyarrow.string(), pyarrow.int64()
    return pyarrow.schema([
        ("part", number), ("file", text), ("digest", text), ("bytes", number), ("components", number), ("quarantined", text),
    ])
