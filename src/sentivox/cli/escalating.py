"""What `sentivox store escalation` does, and how it tells of it."""

from sentivox.cli.stores import with_database
from sentivox.evaluation.escalation import EscalationOutcome, fit_escalation, gather
from sentivox.store.database import Database
from sentivox.store.filters import SessionFilter
from sentivox.store.store import Store


def fit_stored(address: str) -> EscalationOutcome:
    """Fit the weights to the conversations of a store, and keep them there if they are useful.

    Raises:
        SentivoxError: The store cannot be used.
        DataError: It holds too few conversations.
    """

    async def work(database: Database) -> EscalationOutcome:
        await database.check()
        store = Store(database)
        outcome = fit_escalation(await gather(store.export(SessionFilter(), None)))
        await store.set_escalation(outcome.fitted if outcome.useful else None)
        return outcome

    return with_database(address, work)


def told(outcome: EscalationOutcome) -> str:
    """The outcome as lines for people."""
    share = outcome.worse / outcome.conversations
    others = ", ".join(f"{count} {why}" for why, count in outcome.left_out.items())
    gain = f"better by {outcome.gain:.3f} ± {outcome.gain_error:.3f}"
    verdict = (
        "Kept: servers with this store tell `escalation` within the hour."
        if outcome.useful
        else "This is not beyond chance: nothing is kept, and `escalation` is off."
    )
    lines = (
        f"{outcome.conversations} conversations, of which {outcome.worse} ({share:.0%}) got worse",
        f"left out: {others}" if others else None,
        f"log-loss on folds left out: {outcome.log_loss:.3f}",
        f"log-loss of the share alone: {outcome.base_log_loss:.3f} ({gain})",
        f"calibration error: {outcome.ece:.3f}",
        verdict,
    )
    return "\n".join(line for line in lines if line is not None)
