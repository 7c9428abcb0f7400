"""Short texts about parts with numbers, which rules and a stand-in of a service label alike."""

import json
import re

QUICK = ["--set", "epochs=6", "--set", "hidden=16", "--set", "rate=0.01", "--set", "passes=1"]
CODE = re.compile(r"[A-Z]{2}-\d+")
TEXTS = [f"{verb} part {a}{b}-{n} of {who} today." for n, (verb, who) in enumerate(
    [(verb, who) for verb in ("Order", "Return", "Store", "Check") for who in ("Ann", "Bob", "Eve", "Lee", "Max")], 10
) for a, b in ("AB", "XY")]  # fmt: skip


def read_rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def spans_by_rule(text):
    return [{"start": m.start(), "end": m.end(), "label": "CODE"} for m in CODE.finditer(text)]
