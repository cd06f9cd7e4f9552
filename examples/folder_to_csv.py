"""A folder of recordings to one CSV: a row an utterance.

    python examples/folder_to_csv.py calls/ > calls.csv

`sentivox analyze calls/ --csv` is the same in one command; this shows how to do it yourself.
"""

import csv
import sys
from pathlib import Path

import sentivox
from sentivox.errors import AudioError
from sentivox.report.document import CSV_COLUMNS

if len(sys.argv) != 2:
    sys.exit(f"usage: {sys.argv[0]} FOLDER")

table = csv.writer(sys.stdout, lineterminator="\n")
table.writerow(CSV_COLUMNS)
with sentivox.Analyzer() as analyzer:  # loads the models once
    for path in sorted(Path(sys.argv[1]).rglob("*")):
        if not path.is_file():
            continue
        try:
            result = analyzer.analyze(path).result()
        except AudioError as error:
            print(error, file=sys.stderr)
            continue
        table.writerows(result.rows())
