"""What rules look up outside a delivery: values of other datasets, and the version before."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.errors import CityError
from citycommons.core.types import DatasetId, Rule, Version
from citycommons.share.open import look
from citycommons.standardise.checks import Known
from citycommons.store.work import Work


def known_for(work: Work, rules: Sequence[Rule], *, before: Version | None = None) -> Known:
    """What these rules need: the columns they refer to, the time, the rows of the version before.

    A reference to a dataset that is not here, or that the actor may not read, is left out: the
    check then says that it could not be made. Nothing is counted as a use, since no value leaves.
    """
    wanted = {str(rule.options.get("to", "")) for rule in rules if rule.kind == "reference"}
    references = {to: values for to in wanted if (values := _values(work, to)) is not None}
    return Known(references=references, now=work.now, rows_before=before.rows if before else None)


def _values(work: Work, to: str) -> pa.Array | None:
    id, _, column = to.partition(".")
    try:
        opened = look(work, DatasetId(id))
        if column not in {field.name for field in opened.version.fields}:
            return None
        return pq.read_table(opened.path, columns=[column]).column(0).combine_chunks()
    except CityError:
        return None
