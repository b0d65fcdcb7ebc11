"""Public control by the law: the final document of a facility or a draft act, and the working-day clock of its answers."""
