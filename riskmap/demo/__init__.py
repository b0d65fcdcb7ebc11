"""The demo dataset: a plainly fictitious country of the right size, simulated from a seed, written as input files."""
