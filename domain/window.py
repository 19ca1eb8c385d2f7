"""WhatsApp's customer service window: how long a lead may be written to freely.

Meta's documentation, "Send messages" and "Pricing": every message of the lead opens the window
anew; once it is closed, only approved templates reach him.
"""

from datetime import datetime, timedelta

WINDOW = timedelta(hours=24)
"""From the lead's last message; what we send does not prolong it."""

FREE_ENTRY = timedelta(hours=72)
"""A lead who came by an ad: from our first answer on, templates cost nothing.

It is about the price alone: after the window has closed, still only templates reach him.
"""


def closes_at(last_inbound: datetime) -> datetime:
    """The first moment at which only templates reach the lead."""
    return last_inbound + WINDOW


def is_open(last_inbound: datetime | None, now: datetime) -> bool:
    """Whether anything may be sent; no for a lead who never wrote."""
    return last_inbound is not None and now < closes_at(last_inbound)


def free_entry_ends_at(arrived: datetime, answered: datetime) -> datetime | None:
    """When templates to a lead of an ad cost again; None when he was answered too late for it.

    `arrived` is the message with which he came from the ad, `answered` our first answer to it.
    """
    return answered + FREE_ENTRY if answered - arrived <= WINDOW else None
