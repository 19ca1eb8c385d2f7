"""What the credentials may do with a calendar, and what to change where they may not."""

from domain.values import Value

_DELEGATION = (
    "a service account may not do this by itself: give it domain-wide delegation and set its"
    ' `subject` to "*", or use the rep\'s own token (`vendedor calendar login`)'
)


class CalendarCheck(Value):
    """What the credentials may do with one calendar. `problem` is "" when they may book calls."""

    calendar: str
    reads: bool = False
    writes: bool = False
    invites: bool = False
    meets: bool = False
    problem: str = ""

    @property
    def missing(self) -> str:
        """One line that says what to do; "" when nothing is missing."""
        if self.problem:
            return self._line(self.problem)
        rights = {"invitations": self.invites, "Meet links": self.meets}
        without = " and ".join(what for what, allowed in rights.items() if not allowed)
        return self._line(f"calls are booked without {without}: {_DELEGATION}") if without else ""

    def _line(self, text: str) -> str:
        done = "can be read, but not written: " if self.reads and not self.writes else ""
        return f"{self.calendar}: {done}{text}"
