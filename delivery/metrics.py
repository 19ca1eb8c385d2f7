"""What is counted; no label ever holds a phone number, an id or a text."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from domain.proposal import Usage
from domain.turn import Outcome

_TURN_SECONDS = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60)
_HUMAN_SECONDS = (60, 180, 300, 600, 1200, 1800, 3600, 7200, 4 * 3600, 12 * 3600, 24 * 3600)
_OVERHEAD_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 1)


class Metrics:
    """Every metric of the process, named as it is scraped, in the registry that is passed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._count_webhook()
        self._count_turns()
        self._count_sends()
        self._count_sync()

    def turn(self, outcome: Outcome, *, waited: float, took: float) -> None:
        """A committed turn: `waited` seconds since its first message, `took` of them at work."""
        usage = outcome.usage
        self.turns_total.labels(outcome.stage_before, outcome.decision.kind).inc()
        self.turn_seconds.observe(max(0.0, waited))
        self.turn_overhead_seconds.observe(max(0.0, took - usage.seconds))
        self.model(usage)
        self.facts_dropped_total.inc(outcome.facts_dropped)
        if outcome.decision.kind == "limited":
            self.limited_total.labels(outcome.decision.reason).inc()
        if outcome.handoff:
            self.handoffs_total.labels(outcome.handoff.reason).inc()
        if outcome.booking or outcome.cancelled:
            self.bookings_total.labels("cancelled" if outcome.cancelled else "booked").inc()

    def model(self, usage: Usage) -> None:
        """What was asked of a model, for a turn or for anything else."""
        self.model_calls_total.labels(usage.model or "none").inc(usage.calls)
        self.model_tokens_total.labels("input").inc(usage.input_tokens)
        self.model_tokens_total.labels("output").inc(usage.output_tokens)

    def sync_delivery(self, sink: str, outcome: str) -> None:
        """A try to tell an outside CRM."""
        self.sync_deliveries_total.labels(sink, outcome).inc()

    def _count_webhook(self) -> None:
        self.webhook_messages_total = self._counter(
            "webhook_messages_total", "Events taken from the webhook", "kind"
        )
        self.webhook_duplicates_total = self._counter(
            "webhook_duplicates_total", "Events that Meta delivered again"
        )
        self.webhook_refused_total = self._counter(
            "webhook_refused_total", "Requests that the webhook refused", "reason"
        )
        self.mailbox_due = self._gauge("mailbox_due", "Contacts that wait for a worker")
        self.mailbox_oldest_seconds = self._gauge(
            "mailbox_oldest_seconds", "Age of the contact that has waited longest"
        )
        self.mailbox_dead = self._gauge("mailbox_dead", "Batches in the dead-letter list")
        self.mailbox_quarantined = self._gauge(
            "mailbox_quarantined", "Bodies that could not be read"
        )
        self.buried_total = self._counter("buried_total", "Batches given up after too many tries")

    def _count_turns(self) -> None:
        self.turns_total = self._counter("turns_total", "Turns committed", "stage", "decision")
        self.turn_seconds = self._histogram(
            "turn_seconds", "From the first unread message to the commit", _TURN_SECONDS
        )
        self.turn_overhead_seconds = self._histogram(
            "turn_overhead_seconds", "A turn without the wait for the model", _OVERHEAD_SECONDS
        )
        self.model_calls_total = self._counter(
            "model_calls_total", "Model requests answered", "model"
        )
        self.model_tokens_total = self._counter("model_tokens_total", "Tokens paid", "direction")
        self.redone_drafts_total = self._counter(
            "redone_drafts_total", "Drafts discarded because a newer message came"
        )
        self.takeovers_total = self._counter(
            "takeovers_total", "Contacts taken over from a dead worker"
        )
        self.facts_dropped_total = self._counter(
            "facts_dropped_total", "Proposed facts whose quote does not stand in the message"
        )
        self.limited_total = self._counter(
            "limited_total", "Turns of leads who have used up their day", "limit"
        )
        self.handoffs_total = self._counter("handoffs_total", "Handoffs to a person", "reason")
        self.handoffs_unclaimed_total = self._counter(
            "handoffs_unclaimed_total", "Handoffs not claimed in time, by who got them then", "to"
        )
        self.handoff_first_word_seconds = self._histogram(
            "handoff_first_word_seconds",
            "From a handoff to a person's first word to the lead",
            _HUMAN_SECONDS,
        )
        self.bookings_total = self._counter("bookings_total", "Calls booked or not", "outcome")
        self.calendar_changes_total = self._counter(
            "calendar_changes_total", "What reps did to booked calls in their calendars", "change"
        )

    def _count_sends(self) -> None:
        self.sends_total = self._counter("sends_total", "Tries to send a message", "outcome")
        self.sends_in_doubt_total = self._counter(
            "sends_in_doubt_total", "Sends that Meta may or may not have taken"
        )
        self.resends_total = self._counter(
            "resends_total", "Sends repeated because no receipt ended the doubt"
        )
        self.sends_given_up_total = self._counter(
            "sends_given_up_total", "Messages that a person has to look at", "reaction"
        )
        self.send_alerts_total = self._counter(
            "send_alerts_total", "Refusals that the operator has to mend", "reaction"
        )
        self.pauses_total = self._counter(
            "pauses_total", "Refusals that made sends wait", "reaction"
        )
        self.sends_paused = self._gauge("sends_paused", "Pauses that Meta has imposed and run now")
        self.outbox_oldest_seconds = self._gauge(
            "outbox_oldest_seconds", "Age of the oldest message that is not sent"
        )

    def _count_sync(self) -> None:
        self.sync_deliveries_total = self._counter(
            "sync_deliveries_total", "Tries to tell an outside CRM", "sink", "outcome"
        )
        self.sync_waiting = self._gauge("sync_waiting", "Events not delivered yet", "sink")
        self.sync_oldest_seconds = self._gauge(
            "sync_oldest_seconds", "Age of the oldest event not delivered", "sink"
        )
        self.sync_dead = self._gauge("sync_dead", "Events given up: `vendedor sync`", "sink")
        self.sync_troubled = self._gauge(
            "sync_troubled", "1 when a person has to mend something for the sink", "sink"
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, text, buckets=buckets, registry=self.registry)
