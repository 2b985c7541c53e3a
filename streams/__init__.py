"""How events flow: transport, partition tables, panes, folds, merge, sinks."""
