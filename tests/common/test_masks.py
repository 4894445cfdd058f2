"""A masked cell of a NumPy array is a missing one, whatever stands under the mask."""

from typing import Any

import numpy as np
import pytest

from numlp.common.masks import nan_filled, refuse_masked, with_mask
from numlp.errors import DataError

MASK = [[False, True], [False, False]]


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, bool, np.float16, np.float32, object, "U1"])
def test_numbers_have_nan_where_they_are_masked(dtype: Any) -> None:
    masked = np.ma.masked_array(np.ones((2, 2), dtype), MASK)
    filled = nan_filled(masked).astype(np.float64)
    np.testing.assert_array_equal(filled, [[1, np.nan], [1, 1]])
    assert not np.ma.isMaskedArray(filled)
    assert np.ma.getdata(masked).astype(np.float64).tolist() == [[1, 1], [1, 1]]


def test_single_precision_stays_so_and_an_array_without_a_masked_cell_is_not_copied() -> None:
    assert nan_filled(np.ma.masked_array(np.ones((2, 2), np.float32), MASK)).dtype == np.float32
    whole = np.ma.masked_array([1, 2], False)
    assert np.shares_memory(nan_filled(whole), whole)


def test_the_masks_of_rows_in_a_list_are_kept() -> None:
    rows = [np.ma.masked_array([1, 2], [False, True]), np.ma.masked_array([3, 4])]
    assert with_mask(rows).tolist() == [[1, None], [3, 4]]
    assert with_mask((1, np.ma.masked)) == [1, None]
    assert with_mask([1, 2]) == [1, 2]


def test_a_masked_row_is_named() -> None:
    with pytest.raises(DataError, match="weights is masked in row 1"):
        refuse_masked("weights", np.ma.masked)
    with pytest.raises(DataError, match="P is masked in row 2"):
        refuse_masked("P", np.ma.masked_array(np.zeros((2, 2)), [[0, 0], [0, 1]]))
    refuse_masked("P", np.ma.masked_array([1.0]))
