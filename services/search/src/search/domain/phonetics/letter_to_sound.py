"""English letter-to-sound rules for words no dictionary knows: names, brands, new words.

Each rule reads `left[letters]right = phones`; the first that fits is taken, longer letters
first, and reading goes on behind them. In a context `#` is a vowel letter, `^` a consonant
letter, `+` one of e i y, and `_` the word's edge. Vowel quality is rough on purpose: it is
merged and cheap afterwards.
"""

import re
from collections.abc import Iterator
from typing import Final

_RULES: Final = """
[tch]=CH [sz]=S s[es]_=AH+Z x[es]_=AH+Z z[es]_=AH+Z c[es]_=AH+Z h[es]_=AH+Z [sch]_=SH _[sch]=SH
[sch]=S+K [tsch]=CH [dge]=JH [dg]+=JH [gh]t= #[gh]_= [gh]#=G [ough]t=AO [ough]_=OW [ough]=AH+F
[augh]t=AO [eigh]=EY [igh]=AY [aigh]=EY [tion]=SH+AH+N s[tion]=CH+AH+N [sion]=ZH+AH+N
[ssion]=SH+AH+N [cious]=SH+AH+S [tious]=SH+AH+S [cial]=SH+AH+L [tial]=SH+AH+L [cian]=SH+AH+N
[geous]=JH+AH+S [ture]=CH+ER [sure]=ZH+ER [ous]_=AH+S [ism]_=IH+Z+AH+M [que]_=K [gue]_=G [gn]_=N
_[gn]=N _[kn]=N _[wr]=R _[ps]=S _[pn]=N _[mn]=N [mb]_=M [mn]_=M _[x]=Z _[wh]o=HH [wh]=W [ph]=F
[th]=TH [sh]=SH _[ch]r=K [ch]r=K [ch]l=K [ch]=CH [ck]=K [cc]+=K+S [cc]=K [sc]+=S [c]+=S [c]=K [q]u=K
[qu]=K+W [kh]=K [rh]=R [gg]=G [ng]_=NG [ng]^=NG [ng]+=N+JH [nk]=NG+K [g]+=JH [g]=G [x]=K+S [zz]=Z
[z]=Z [j]=JH [ll]=L [l]=L #[s]#=Z [ss]=S [s]=S [tt]=T [t]=T [dd]=D [dj]=JH [d]=D [bb]=B [b]=B [ff]=F
[f]=F [mm]=M [m]=M [nn]=N [n]=N [pp]=P [p]=P [rr]=R [vv]=V [v]=V [kk]=K [k]=K [w]#=W #[w]= [w]=W
[hn]=N #[h]^= #[h]_= [h]=HH _[y]#=Y #[y]#=Y [air]=EH+R [are]_=EH+R [arr]=AE+R [ar]=AA+R [ai]=EY
[ay]=EY [au]=AO [aw]=AO [aa]=AA [ae]=IY [al]k=AO [all]=AO+L [a]^e_=EY [a]^es_=EY [a]_=AH [a]=AE
[eer]=IH+R [ear]=IH+R [err]=EH+R [er]#=EH+R [er]=ER [eau]=OW [ee]=IY [ea]=IY [ei]=AY [eu]=UW [ew]=UW
[ey]_=IY [ey]=EY [e]^e_=IY ^l[e]_=AH ^[es]_=Z ^[ed]_=D t[ed]_=AH+D d[ed]_=AH+D [e]_= [e]a_=IY
[e]o=IY [e]=EH [ire]_=AY+R [irr]=IH+R [ir]#=IH+R [ir]=ER [ier]_=IY+ER [ie]_=IY [ies]_=IY+Z [ie]=IY
[ia]=IY+AH [io]=IY+OW [iu]=IY+AH [ii]=IY [ign]_=AY+N [ild]_=AY+L+D [ind]_=AY+N+D [i]^e_=AY
[i]^es_=AY [i]_=IY [i]=IH [oar]=AO+R [oor]=AO+R [orr]=AO+R [or]=AO+R [our]=AO+R [oo]=UW [oa]=OW
[oe]_=OW [oi]=OY [oy]=OY [ou]=AW [ow]_=OW [ow]=AW [o]^e_=OW [o]_=OW [o]=AA [ure]_=Y+UH+R [ur]=ER
[ui]=UW [ue]_=UW [uy]=AY [u]^#=UW ^[u]_=UW [ua]=UW+AH g[u]+= [u]=AH _^[y]_=AY [yr]=IH+R [y]_=IY
[y]^e_=AY [y]=IH [r]=R
"""
_CONTEXT: Final = str.maketrans({"#": "[aeiouy]", "^": "[^aeiouy]", "+": "[eiy]", "_": "$"})


def _compiled() -> dict[str, list[tuple[str, re.Pattern[str], re.Pattern[str], list[str]]]]:
    rules: dict[str, list[tuple[str, re.Pattern[str], re.Pattern[str], list[str]]]] = {}
    for rule in _RULES.split():
        pattern, _, phones = rule.partition("=")
        left, _, rest = pattern.partition("[")
        letters, _, right = rest.partition("]")
        before = re.compile("".join("^" if c == "_" else c.translate(_CONTEXT) for c in left) + "$")
        after = re.compile("".join(c.translate(_CONTEXT) for c in right))
        rules.setdefault(letters[0], []).append(
            (letters, before, after, phones.split("+") if phones else [])
        )
    for of_letter in rules.values():
        of_letter.sort(key=lambda rule: -len(rule[0]))
    return rules


_BY_LETTER: Final = _compiled()


def phones_of_letters(word: str) -> Iterator[str]:
    """Yield the phones (ARPAbet) of a word written in a-z."""
    at = 0
    while at < len(word):
        for letters, before, after, phones in _BY_LETTER[word[at]]:
            if (
                word.startswith(letters, at)
                and before.search(word[:at])
                and after.match(word, at + len(letters))
            ):
                yield from phones
                at += len(letters)
                break
        else:  # no rule reads the letter alone: it is silent
            at += 1
