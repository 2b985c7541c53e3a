"""Where pure meets wire: fold, merge, watch, and the command line."""
