"""Words the checks know. They err on the side of leaving a line as it is."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLERS: Final = _words("um umm uh uhm uhh hmm hm mhm mm mmm ah äh ähm öh öhm euh ehm eh")
ENGLISH_FILLERS: Final = _words("er erm")
NEGATIONS: Final = _words("""
    not never none nobody nothing neither without cannot
    nicht kein keine nie inte aldrig ingen pas jamais nunca nada geen niet
""")
NUMBER_WORDS: Final = _words("""
    zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million billion half dozen
    zwei drei vier fünf sechs sieben acht neun zehn hundert tausend
    två tre fyra fem sex sju åtta nio tio hundra tusen
    deux trois quatre cinq sept huit neuf dix cent mille
    dos tres cuatro cinco seis siete ocho nueve diez cien
""")
NO_NAMES: Final = _words("""
    speaker host cohost co-host guest interviewer interviewee narrator moderator presenter
    unknown man woman male female voice person caller audience everyone nobody you me i
""")
ARTICLES: Final = _words("the a an my your our this that der die das le la el il den det")
