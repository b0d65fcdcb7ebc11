"""The proof: how well the scores find what is known, in simulated worlds and in outcomes that a user supplies.

Nothing here changes a threshold or a weight. `simulation` judges the settings of a run on worlds whose generator knows
no indicator; `outcomes` on a real file of outcomes, split in time; `card` is what the page about the method shows of it.
"""
