"""Holds files, one JSON object a line with file, kind and value, against the schema of their kind."""
import json
import pathlib
import sys

import jsonschema

judges = {}
for path in pathlib.Path(sys.argv[1]).glob("*.schema.json"):
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    judges[path.name.split(".")[0]] = jsonschema.Draft202012Validator(schema)

count = 0
for line in sys.stdin:
    row = json.loads(line)
    for error in judges[row["kind"]].iter_errors(row["value"]):
        sys.exit(f"{row['file']}: {list(error.path)}: {error.message[:400]}")
    count += 1
broken = {"flow": "x", "title": "X", "why": "Y", "queue": "no_such_queue", "steps": [{"say": "Hello"}]}
if judges["flow"].is_valid(broken):
    sys.exit("an unknown queue was let through")
print(count)
