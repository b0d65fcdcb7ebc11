"""Speed as ratios against a named peer in one run; `make bench`. Nothing here is a test and no time is asserted."""
