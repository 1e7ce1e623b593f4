"""Compounds that English writes as one word or as two: health care, healthcare."""

from collections.abc import Collection
from typing import Final

_SHORTEST: Final = 3
_LISTED: Final = """
back bag ball band bank bar base bed bell belt bench berry bird board boat book bottle bow box
break bread brick bridge brush bug burn bush button cage cake camp card care case cast cat chain
chair check child church cloth code coin cord course court craft cup cut day desk dog dream dress
drop drum dust edge end eye face fall farm field fight file film fire fish flake flow flower foot
fork form frame friend fruit game gate glass grass ground guard guide gun hair hand head hill hole
home hood hook horn house hunter keeper key kit knife lace lamp land lash life lift light line
list load lock log loop mail maker man map mark market mate men mill mine moon mouth nail neck
nest net night note nut pack pad page paper park path people person phone pick piece pile pin pipe
pit plane plant plate play player point pole pool port post pot power print proof rail rain ride
ring road rock roll roof room root rope sack sand scape scraper screen seat shape share sheet
shelf shell shield ship shirt shoe shop shot show side sign site skin smith snow song space spot
spread star start steam step stick stone stop store storm stream street stroke style suit sun
table tail tape task teller text tide tie time tip tool top town track trade trail train tree trip
tube view walk walker wall ware wash watch water wave way wear web week wheel wife wind window
wing wire woman women wood work worker worm wrap writer yard year zone
"""
_HEADS: Final = frozenset(_LISTED.split())
"""What English compounds end with; `now here` and `not able` are none."""
_OTHER_WORDS: Final = """
all and any are but can down every for from had has her his how into its may not now off one our
out over some than that the their then this under very was what when who why with you your
"""
_NO_PARTS: Final = frozenset(_OTHER_WORDS.split())


def together(first: str, second: str, languages: Collection[str]) -> str | None:
    """Return two words written as one; None where English writes them so in no compound."""
    return first + second if _is_compound(first, second, languages) else None


def apart(word: str, languages: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return how a word may be written as two; mostly it is not."""
    return tuple(
        (word[:at], word[at:])
        for at in range(_SHORTEST, len(word) - _SHORTEST + 1)
        if _is_compound(word[:at], word[at:], languages)
    )


def _is_compound(first: str, second: str, languages: Collection[str]) -> bool:
    return (
        len(first) >= _SHORTEST
        and (second in _HEADS or second.removesuffix("s") in _HEADS)
        and first not in _NO_PARTS
        and first.isalpha()
        and any(code.split("_")[0] == "en" for code in languages)
    )
