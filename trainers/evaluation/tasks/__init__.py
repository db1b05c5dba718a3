"""What is translated: a table's images, and what its rows hold."""

from trainers.evaluation.tasks.answers import Answers
from trainers.evaluation.tasks.directions import Directions, Partners
from trainers.evaluation.tasks.instances import Instances
from trainers.evaluation.tasks.switches import Switches
from trainers.evaluation.tasks.transfers import Guided, Transfers

# The first that fits the method and the data is taken.
TASKS = (
    *(Partners, Switches, Transfers, Guided, Instances, Answers),
    Directions,
)
