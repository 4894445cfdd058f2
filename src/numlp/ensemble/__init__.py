"""Many nets on one table: recipe, time, run, conclusion."""
