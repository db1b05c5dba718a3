"""Answers recorded requests with a version on disk, in this process.

    python -m serving.replay FOLDER REQUESTS ANSWERS

FOLDER is the folder of a version. REQUESTS holds `PredictionLog` records as
`serving.protocol.warmup` writes them. ANSWERS gets the same records with their
responses. The version is loaded as in the local server: by TensorFlow's C++
runtime, without the Python package. Its warm-up requests come first.
"""

import pathlib
import sys

from serving.protocol import protos
from serving.protocol.status import CallError
from serving.protocol.warmup import read_records, write_records
from serving.server.prediction import predict
from serving.server.servable import Servable, ServableOptions


def replay(folder, requests, answers) -> None:
    """Runs every recorded Predict request.

    Args:
        folder: path of the version's folder.
        requests: path of the records with requests.
        answers: path of the new file of records with responses.

    Raises:
        CallError: the version cannot be loaded, or a request failed.
    """
    servable = Servable(folder, ServableOptions())
    try:
        logs = []
        for record in read_records(pathlib.Path(requests)):
            log = protos.PredictionLog.FromString(record)
            request = log.predict_log.request
            data = predict(servable, 0, request, None)
            log.predict_log.response.ParseFromString(data)
            logs.append(log)
    finally:
        servable.close()
    write_records(answers, logs)


def main() -> int:
    """Runs the command. Returns the exit code."""
    try:
        replay(*sys.argv[1:])
    except CallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
