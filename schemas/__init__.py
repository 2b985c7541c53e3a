"""What crosses a wire: events, KPI catalogue, readings, alerts, names, settings. Pure."""
