"""Numbers in digits and in words: 1984, nineteen eighty-four; $5, five dollars; 3rd, third.

A transcript has one spelling, a query perhaps the other. Every language that num2words knows is
read and written; what a language lacks there (years, currencies) is simply not a spelling in it.
"""

from search.domain.numbers.said import Tokens
from search.domain.numbers.spellings import (
    MOST_SPELLINGS,
    MOST_TOKENS,
    Spellings,
    codes_of,
    money_spelled,
    number_at,
    number_said,
    numbers_in,
    numbers_spelled,
)
from search.domain.numbers.within import is_said_in, numerals_around

__all__ = [
    "MOST_SPELLINGS",
    "MOST_TOKENS",
    "Spellings",
    "Tokens",
    "codes_of",
    "is_said_in",
    "money_spelled",
    "number_at",
    "number_said",
    "numbers_in",
    "numbers_spelled",
    "numerals_around",
]
