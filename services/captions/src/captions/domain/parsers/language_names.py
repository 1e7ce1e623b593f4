"""Languages by the English names that OpenAI's JSON calls them by."""

from typing import Final

_NAMES: Final = """
    afrikaans af albanian sq amharic am arabic ar armenian hy assamese as azerbaijani az bashkir ba
    basque eu belarusian be bengali bn bosnian bs breton br bulgarian bg burmese my cantonese yue
    catalan ca chinese zh croatian hr czech cs danish da dutch nl english en estonian et faroese fo
    finnish fi french fr galician gl georgian ka german de greek el gujarati gu haitian ht hausa ha
    hawaiian haw hebrew he hindi hi hungarian hu icelandic is indonesian id italian it japanese ja
    javanese jw kannada kn kazakh kk khmer km korean ko lao lo latin la latvian lv lingala ln
    lithuanian lt luxembourgish lb macedonian mk malagasy mg malay ms malayalam ml maltese mt
    mandarin zh maori mi marathi mr moldavian ro mongolian mn myanmar my nepali ne norwegian no
    nynorsk nn occitan oc pashto ps persian fa polish pl portuguese pt punjabi pa romanian ro
    russian ru sanskrit sa serbian sr shona sn sindhi sd sinhala si slovak sk slovenian sl somali so
    spanish es sundanese su swahili sw swedish sv tagalog tl tajik tg tamil ta tatar tt telugu te
    thai th tibetan bo turkish tr turkmen tk ukrainian uk urdu ur uzbek uz vietnamese vi welsh cy
    yiddish yi yoruba yo
"""
_CODES: Final[dict[str, str]] = dict(zip(_NAMES.split()[::2], _NAMES.split()[1::2], strict=True))


_THREE_LETTERS: Final = """
    ara ar ces cs dan da deu de ell el eng en est et fas fa fin fi fra fr heb he hin hi hrv hr
    hun hu ind id isl is ita it jpn ja kor ko lav lv lit lt nld nl nor no pol pl por pt ron ro
    rus ru slk sk slv sl spa es swe sv tha th tur tr ukr uk vie vi zho zh
"""
_THREE: Final = dict(zip(_THREE_LETTERS.split()[::2], _THREE_LETTERS.split()[1::2], strict=True))
"""ISO 639-2's, as some services write them."""


def code_of(language: object) -> str | None:
    """Return a language's code for its English name; a code, as it is; None for what is neither."""
    if not isinstance(language, str) or not language.strip():
        return None
    tag = language.strip().replace("_", "-")
    return _CODES.get(tag.lower()) or _THREE.get(tag.lower()) or tag
