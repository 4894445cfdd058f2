"""The parts of the benchmarks of accuracy.

tables       where the tables come from, and how their rows are split
invented     a table of as many rows as are wanted, invented by a rule
preparation  what each rival gets in place of the raw table
text         what is learned from a column of text, by us and by rivals
methods      the classifiers that are compared, by name
scores       how good a table of probabilities is
cells        one fit and one score: in a process of its own, kept in a file
comparison   from many scores to one figure with an interval
report       the figures as Markdown
text_report  the same of text, beside the best of its rivals
scale_report the same by the rows of a table
plot         error against CPU time as a picture
"""
