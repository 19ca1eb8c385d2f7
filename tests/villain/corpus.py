"""The texts that others published to talk models into things."""

import csv
import json
import os
from pathlib import Path


def injections(corpora: Path) -> list[str]:
    """All of them, as they are."""
    folder = corpora / "injection"
    with (folder / "giskard" / "prompt_injections.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["prompt"] for row in csv.DictReader(file)]
    listed = json.loads((folder / "cyberseceval" / "prompt_injection.json").read_text("utf-8"))
    return [*texts, *(case["user_input"] for case in listed)]


def corpora_folder() -> Path:
    """Where the corpora lie: beside the project, or where CORPORA says."""
    beside = Path(__file__).parents[3] / "shared" / "corpora"
    return Path(os.environ.get("CORPORA", str(beside)))
