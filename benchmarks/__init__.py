"""Measurements beside other proxies; `make bench` runs `benchmarks.run`."""
