"""A simulated organisation: seeded, seasonal, with planted incidents. Also the load generator.

``Organisation`` (pure) makes events in the order of their time; ``produce`` and ``live`` take them
to Kafka. By hand: ``python -m agents simulate --help``.
"""
