"""Bringing folders, data source and dashboards into a Grafana, as often as one likes."""
