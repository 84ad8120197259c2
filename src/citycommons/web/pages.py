"""The public pages, each a plain function of (work, view): the door for browsers calls these."""

from citycommons.web.page_dataset import dataset
from citycommons.web.page_dataset import rows_part as table

__all__ = ["dataset", "table"]
