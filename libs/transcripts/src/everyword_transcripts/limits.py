"""What no recording exceeds."""

LONGEST_S = 1_000_000.0
"""No recording lasts longer (eleven days): a later time is none."""
