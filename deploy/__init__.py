"""Several processes of the app behind one proxy, on one machine: `python -m deploy`, which `make serve` calls."""
