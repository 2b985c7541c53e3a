"""Who sees it: HTTP API over Redis, live events, built-in wall. Reads only, writes nothing."""
