"""Rows for panels: flat arrays that Grafana's Infinity data source and our own wall both read."""
