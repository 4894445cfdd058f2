"""What every room needs.

Checks of arguments, wording of messages and warnings, scikit-learn's protocol, weights, missing and
masked cells, hashes of rows; threads of BLAS, signals, the stage of long work, unfinished files.
"""
