"""Throughput and latency, side by side in one run: ``make bench``."""
