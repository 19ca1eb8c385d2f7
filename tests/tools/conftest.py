"""Google's client warns of the age of grpcio, which it only finds here and never uses."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Package google.api_core depends on grpcio", FutureWarning)
    import google.api_core as _warned_once

__all__ = ["_warned_once"]
