"""The body chart: our own drawing of the human body, cut into named regions."""
