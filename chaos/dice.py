"""Which fault meets whom: drawn from the seed and a key, so that the same seed throws the same.

The dice repeat, the machine's timing does not: two runs of a seed are alike, not equal.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Dice:
    seed: int

    def of(self, *key: object) -> random.Random:
        """Dice of their own for one thing."""
        return random.Random("/".join(map(str, (self.seed, *key))))

    def fault(self, odds: dict[str, float], *key: object) -> str:
        """One of the faults by its odds (0 to 1), or "" for none."""
        draw = self.of("fault", *key).random()
        for name, share in odds.items():
            if draw < share:
                return name
            draw -= share
        return ""


GRAPH_ODDS = {
    "server error": 0.03,  # 500 with Meta's code 131000, not taken
    "gateway": 0.02,  # 503 with a gateway's page, not taken, which the caller cannot know
    "throttled": 0.004,  # 429, the number's throughput
    "pair throttled": 0.02,  # 131056, too much to this lead
    "cut before": 0.01,  # not taken, the connection is cut
    "lost": 0.05,  # taken, the connection is cut
    "stall": 0.02,  # taken, and no answer until the caller gives up
    "slow": 0.10,  # taken and answered late
}

MODEL_ODDS = {
    "server error": 0.03,
    "throttled": 0.02,
    "garbage": 0.02,  # 200, with no JSON that fits
    "half": 0.01,  # 200, with half of the JSON
    "cut": 0.02,
    "stall": 0.02,  # until the caller gives up
    "slow": 0.10,
}

FAULTS_AT_MOST = 2
"""Of one message's sends: more tries than these would be given up, as Meta's refusals are."""
