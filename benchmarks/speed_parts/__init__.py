"""The parts of the benchmark of speed.

options     what to run, for how long
workers     one process for each contender and number of threads, measured in turn
report      the figures as Markdown and JSON
comparison  the table of contenders side by side
training    the contenders of a training step and of an epoch
peers       those of them that are not numlp
train       how fast nets train, beside bare products and other libraries
predict     how fast they predict
predictors  the contenders of it
cold        how long a new process takes to its first prediction
fits        whole fits at equal settings on real tables
growth      how the cost of an epoch grows with each size
memory      how much memory a step and a fit take
"""
