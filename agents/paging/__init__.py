"""Delivery of alerts to people on call: outbox, routing, page texts, senders."""
