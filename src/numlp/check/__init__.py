"""What a table is, before anything is learned from it."""

from .examine import check_table

__all__ = ["check_table"]
