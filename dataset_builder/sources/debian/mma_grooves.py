"""The accompaniment styles of MMA that are rendered, by family of genre, each with the beats of its bar.

A groove is named as MMA names it, `library/file:Groove`. Grooves that only double another one's voices (…Sus,
…Plus) and those that are fills, introductions or endings are not listed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Groove:
    """A groove with its genre; `beats` is the number of quarter notes in a bar."""

    name: str
    genre: str
    beats: int

    @property
    def library(self) -> str:
        return self.name.split(":")[0]


_NAMES = {
    "swing": """
        stdlib/swing:Swing stdlib/swing:SwingWalk stdlib/swing:Swing1 stdlib/swing:Swing2 stdlib/bigband:BigBand
        stdlib/bigband:BigBand1 stdlib/fastswing:FastSwing stdlib/easyswing:EasySwing stdlib/easyswing:EasySwing1
        stdlib/jazzcombo:JazzCombo stdlib/foxtrot:Foxtrot yamaha/jazzswing:JazzSwingMainA
        yamaha/jazzbasie:JazzBasieA casio/swing:Swing casio/middlebigband:MiddleBigBand""",
    "latin": """
        stdlib/bossanova:BossaNova stdlib/samba:Samba stdlib/mambo:Mambo stdlib/mambo:Mambo2 stdlib/rhumba:Rhumba
        stdlib/rhumba:Rhumba2 stdlib/chacha:ChaCha stdlib/salsa:Salsa stdlib/merengue:Merengue stdlib/son:Son
        stdlib/beguine:Beguine kara/kbossa:kbossaA yamaha/salsa1:Salsa1MainA yamaha/jazzbossa:JazzBossaA
        yamaha/mambo:MamboMainA""",
    "rock": """
        stdlib/basicrock:BasicRock stdlib/basicrock:BasicRock4 stdlib/60srock:60sRock stdlib/softrock:SoftRock
        stdlib/bubblerock:BubbleRock stdlib/8beat:8Beat pflib/rock1:rock1A pflib/metal1:metal1A pflib/metal2:metal2A
        pflib/8beat1:8beat1A yamaha/w-rock:W-RockMainA casio/rock1:Rock1 casio/rock2:Rock2 casio/heavymetal:HeavyMetal
        casio/poprock1:PopRock1""",
    "waltz": """
        stdlib/waltz:Waltz stdlib/waltz:Waltz1 stdlib/waltz:WaltzWalk stdlib/frenchwaltz:FrenchWaltz
        stdlib/frenchwaltz:FrenchWaltz1 stdlib/frenchwaltz:FrenchWaltz2 stdlib/countrywaltz:CountryWaltz
        stdlib/countrywaltz:CountryWaltz1 stdlib/fastwaltz:FastWaltz stdlib/broadwaywaltz:BroadwayWaltz
        stdlib/broadwaywaltz:BroadwayWaltz1 stdlib/jazzwaltz:JazzWaltz stdlib/rockwaltz:RockWaltz
        stdlib/latinwaltz:LatinWaltz casio/popwaltz:PopWaltz""",
    "blues": """
        stdlib/blues:Blues stdlib/blues:Blues1 stdlib/slowblues:SlowBlues stdlib/slowblues:SlowBluesWalk8
        stdlib/fastblues:FastBlues stdlib/fastblues:FastBlues1 stdlib/countryblues:CountryBlues
        stdlib/boggiewoggie:BoggieWoggie stdlib/boggiewoggie:BoggieWoggie1 stdlib/boggiewoggie:BoggieWoggie2
        stdlib/shuffleboggie:ShuffleBoggie stdlib/shuffleboggie:ShuffleBoggie1 casio/blues:Blues
        casio/shuffleboogie:ShuffleBoogie""",
    "country": """
        stdlib/bluegrass:BlueGrass stdlib/countryswing:CountrySwing stdlib/countryswing:CountrySwing1
        stdlib/westernswing:WesternSwing stdlib/slowcountry:SlowCountry stdlib/slowcountry:SlowCountryWalk
        stdlib/hillcountry:HillCountry yamaha/western:WesternMainA yamaha/western:WesternMainB
        kara/kwestballad:kwestballadA yamaha/jazzcountry:JazzCountryMainA stdlib/zydeco:Zydeco""",
    "march": """
        stdlib/march:March stdlib/march:March1 stdlib/march:March2 stdlib/march:March3 stdlib/march:March4
        stdlib/polka:Polka stdlib/polka:Polka1 stdlib/polka:PolkaArp stdlib/dixiemarch:DixieMarch
        stdlib/bwmarch:BWMarch casio/germanmarch:GermanMarch casio/march1:March1 casio/polka:Polka
        casio/poppolka:PopPolka""",
    "dance": """
        alexis/teamtechno:TeamTechno stdlib/trance:Trance stdlib/trance:Trance1 stdlib/trance:Trance2
        stdlib/boneym:BoneyM casio/dance1:Dance1 casio/dance2:Dance2 casio/techno:Techno casio/house:House
        casio/rave:Rave casio/trance1:Trance1 casio/trance2:Trance2 casio/dancepop1:DancePop1
        casio/discosoul:DiscoSoul""",
}
GROOVES: tuple[Groove, ...] = tuple(
    Groove(name, genre, beats=3 if genre == "waltz" else 4)
    for genre, names in _NAMES.items()
    for name in names.split()
)
