"""Tasks: which images are translated for a table, and how for each row."""

from tfmask.evaluation.tasks.answers import Answers
from tfmask.evaluation.tasks.directions import Directions, Partners
from tfmask.evaluation.tasks.instances import Instances
from tfmask.evaluation.tasks.switches import Switches
from tfmask.evaluation.tasks.transfers import Guided, Transfers

# The first task that fits the method and the data is taken.
TASKS = (Partners, Switches, Transfers, Guided, Instances, Answers, Directions)
