"""What each topic's events add to the panes: one module a topic, by docs/measures.md."""
