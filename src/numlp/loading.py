"""``numlp.load``: any file that a classifier saved."""

from typing import TYPE_CHECKING

from .models.mlp_model import MLPModel
from .models.model import Model
from .models.opening import kind_of
from .storage.source import Source, taken

if TYPE_CHECKING:
    from .mlp.classifier import MLPClassifier


def load(path: Source) -> "Model | MLPClassifier":
    """Open a model file: ``numlp.load("penguins.numlp").predict(table)``.

    Loading needs NumPy alone (and narwhals, to predict from a DataFrame).  The file cannot run
    code, but its checksum proves only that it is whole, not who made it.

    Parameters
    ----------
    path : str, path, bytes or open binary file
        A path, or what a database, an upload or a bucket gives: the bytes of the file (bytes,
        bytearray or memoryview), or an open binary file, such as ``open(path, "rb")``,
        ``io.BytesIO`` or the body of a web request.  An open file is read from where it stands to
        its end, and need not be seekable.

    Returns
    -------
    Model or MLPClassifier
        What TabularClassifier saved is a ``Model``, what MLPClassifier saved an MLPClassifier
        again, whose ``model_`` is an ``MLPModel``.

    Raises
    ------
    ModelFileError
        The file is damaged, is not a model, or needs a newer version.
    OSError
        The file could not be read.
    TypeError
        ``path`` is neither a path, nor bytes, nor an open binary file.

    Examples
    --------
    >>> import io, numlp
    >>> clf = numlp.TabularClassifier("fast", epochs=9, random_state=0)
    >>> file = io.BytesIO()
    >>> clf.fit({"x": [1, 2, 3, 4] * 9}, ["low", "low", "high", "high"] * 9).save(file)
    >>> numlp.load(file.getvalue()).classes
    array(['high', 'low'], dtype='<U4')
    """
    source = taken(path)
    if kind_of(source) == MLPModel.kind:
        from .mlp.classifier import MLPClassifier  # here, as a model of a table does without

        return MLPClassifier.load(source)
    return Model.load(source)
