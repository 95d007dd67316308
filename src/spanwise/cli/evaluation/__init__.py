"""Commands that measure: `spanwise evaluate` and `spanwise calibrate`."""
