"""The clock door: workers and reactions to facts in the outbox."""
