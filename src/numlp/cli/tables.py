"""The table in a file as a model takes it."""

from collections.abc import Sequence

from ..data.columns import Columns, LazyColumns
from ..data.files import sheet as files
from ..models import FittedModel, Model


def lone_of(model: FittedModel) -> files.Lone:
    """The columns of a model one of which a file may have alone; True where they have no names."""
    return model.feature_names if model.named else model.n_features == 1


def words_of(model: FittedModel) -> list[str]:
    """The columns of a model in which a point is no decimal sign."""
    return model.table.with_commas if isinstance(model, Model) and model.named else []


def table_of(sheet: files.Sheet, names: Sequence[str] | None = None) -> Columns:
    """All columns of a sheet as a table, or those of these names."""
    cells = LazyColumns(sheet.columns, names)
    return Columns(
        cells,
        sheet.n_rows,
        named=True,
        categories=sheet.categories,
        levels=sheet.levels,
        decimal=sheet.decimal,
    )
