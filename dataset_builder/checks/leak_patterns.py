"""How a text gives away that its writer was shown the reference: the phrases, by language.

A phrase is listed where it has no ordinary meaning in a description of sound. So the bare words are not here: a record
label signs a band, a caption artist is interviewed, a speaker cites an annotation, a guitar has a hint of reverb.
Quotations are taken out before the patterns are tried.
"""

from __future__ import annotations

import re


_SHOWN = (
    r"(?:labels?|annotations?|annotators?|captions?|meta-?data|transcripts?|transcriptions?|hints?|tags?|"
    r"ground[- ]truths?|"
    r"references?|reference (?:answers?|texts?|captions?|labels?)|descriptions?|file ?names?|data-?sets?|corpus|"
    r"answer key|"
    r"(?:correct|given|provided|expected|known) answer|prompt|input text|text description)"
)
_GIVEN = (
    r"(?:provided|given|supplied|accompanying|attached|reference|ground[- ]truth|gold|official|human|original|audio|"
    r"(?:clip|recording)(?:['’]s)?|known|correct|associated|available)"
)
_SAYS = (
    r"(?:says?|said|indicates?|states?|stated|confirms?|tells? (?:us|me)|shows?|suggests?|lists?|mentions?|"
    r"specif(?:y|ies)|"
    r"describes?|identif(?:y|ies)|reads?|reveals?|gives?|notes?|matches|match|provides?|is|are|was|were|clearly|also|"
    r"already)"
)
_STATED = (
    r"(?:stated|mentioned|indicated|noted|described|given|provided|specified|listed|shown|suggested|confirmed|annotated|"
    r"labell?ed|tagged|hinted|seen|written)"
)
_SOUND = r"(?:audio|clip|recording|sound|segment|sample|event|track|music|song|piece|excerpt|utterance|emotion)"

# The description of a scene and the tags in the options are none; the label of the clip is the reference.
_NOT_OF_SOMETHING = (
    r"(?!\s+(?:artist|company|maker|writer|signed|he|she|they|(?:of|in|by|for|on)\s+"
    r"(?!(?:the|this) (?:audio|clip|recording|sound|file|data-?set|corpus))))"
)
_ENGLISH = (
    # "according to the label", "based on the provided transcript", "per the metadata"; not "according to the speaker".
    rf"\b(?:according to|based (?:up)?on|as per|per|going by|judging (?:by|from)|consult(?:ing)?|relying on|given|"
    rf"consistent with|in line with|matching|confirmed by|supported by|taken from|derived from|thanks to)\s+"
    rf"(?:the|this|these|its|an?)\s+(?:{_GIVEN}\s+){{0,2}}{_SHOWN}\b{_NOT_OF_SOMETHING}",
    # "the annotation says", "the provided labels are"; "the transcript reads".
    rf"\b(?:the|this|these|its)\s+(?:{_GIVEN}\s+){{0,2}}(?:annotations?|meta-?data|captions?|ground[- ]truth|"
    rf"hints?)\s+{_SAYS}\b",
    r"\b(?:the|this|these|its)\s+(?:labels?|transcripts?|transcriptions?|tags?|file ?name|data-?set|descriptions?)\s+"
    r"(?:says?|indicates?|states?|confirms?|tells? us|shows?|suggests?|lists?|mentions?|specif(?:y|ies)|reads?|"
    r"matches)\b",
    # "the provided label", "the reference caption", "the given transcript".
    r"\b(?:provided|supplied|given|accompanying|reference|gold|ground[- ]truth|official|associated)\s+"
    r"(?:(?:audio|text|sound|textual|human)\s+)?(?:labels?|annotations?|captions?|meta-?data|transcripts?|"
    r"transcriptions?|hints?|"
    r"tags?|descriptions?|answers?|information|details|ground[- ]truth|choice is)\b",
    r"\bground[- ]truths?\b|\b(?:answer|labell?ing) key\b|\bgold(?:en)?[- ](?:label|answer|standard)\b",
    # "as stated in the description", "as the label indicates", "as annotated".
    rf"\bas\s+(?:is\s+|was\s+|already\s+)?{_STATED}\s+(?:in|by|on|from)\s+(?:the|this|"
    rf"its)\s+(?:{_GIVEN}\s+){{0,2}}{_SHOWN}\b",
    r"\bas\s+(?:annotated|labell?ed|tagged)\b(?!\s+(?:on|by the (?:speaker|man|woman)))",
    rf"\b(?:in|from|by|with)\s+(?:the|its|these)\s+(?:{_GIVEN}\s+){{0,2}}(?:annotations|meta-?data|ground[- ]truth|"
    rf"data-?set labels?)\b{_NOT_OF_SOMETHING}",
    # "the clip is labelled as", "the emotion has been annotated".
    rf"\b{_SOUND}\s+(?:is|are|was|were|has been|have been|being)\s+(?:explicitly |already |officially |"
    rf"also )?(?:annotated|labell?ed|tagged)(?=\s+(?:as|with|by|in|to be)\b|\s*[.,;:…])",
    r"\b(?:annotated|labell?ed|tagged)\s+(?:events?|emotions?|classes|class|category|sounds?|segments?|key|tempo)\b",
    r"\b(?:data-?set|ground[- ]truth|true|class|emotion|sound|correct)\s+(?:annotations?|labels?)\b",
    # The answer was known: "the correct answer is given", "the given answer", "we are told that the answer is".
    r"\b(?:correct|true|expected|reference)\s+answer\s+(?:is|has been)\s+(?:already\s+)?(?:given|known|provided|"
    r"stated|"
    r"supplied|specified)\b",
    r"\b(?:the|a)\s+(?:given|known|provided|supplied|reference|intended)\s+answer\b",
    r"\b(?:told|informed|given)\s+that\s+the\s+(?:correct\s+|right\s+)?(?:answer|label|choice|emotion|event)\s+(?:is|"
    r"was)\b",
    rf"\bi\s+(?:am|was|have been)\s+(?:given|provided|supplied)\s+(?:with\s+)?(?:the|an?)\s+(?:\w+\s+)?{_SHOWN}\b",
    r"\bfile\s?names?\s+(?:of the (?:clip|recording|audio|file)|is|contains|says|suggests|indicates)\b",
    r"\b[\w-]+\.(?:wav|mp3|flac|ogg|opus|m4a|aac|mp4|webm|aiff?|wma)\b",
)
_OTHERS = (
    # French
    r"\b(?:selon|d['’]après|suivant|conformément à)\s+(?:l['’]|la |le |les |cette |ces )?(?:étiquettes?|annotations?|"
    r"légendes?|"
    r"métadonnées|transcriptions?|indices?|descriptions? fournies?|description|références?|vérité terrain|"
    r"nom du fichier)\b"
    r"|\bvérité[- ]terrain\b|\bréponse (?:de référence|fournie|attendue)\b",
    # German
    r"\b(?:laut|gemäß|entsprechend)\s+(?:dem |der |den )?(?:label|annotation(?:en)?|beschriftung|metadaten|"
    r"transkript(?:ion)?|"
    r"hinweis|bildunterschrift|(?:angegebenen |gegebenen )?beschreibung|referenz(?:antwort)?|dateinamen?)\b"
    r"|\breferenzantwort\b|\bvorgegebenen? (?:antwort|beschreibung|label)\b",
    # Spanish
    r"\b(?:según|de acuerdo con|conforme a)\s+(?:la |el |las |los )?(?:etiquetas?|anotaci(?:ón|ones)|metadatos|"
    r"transcripci(?:ón|ones)|"
    r"pistas?|descripci(?:ón|ones)(?: proporcionadas?)?|referencia|leyenda|nombre del archivo)\b"
    r"|\brespuesta (?:de referencia|proporcionada|correcta dada)\b",
    # Italian
    r"\b(?:secondo|in base a(?:ll[ae]|i)?|stando a(?:ll[ae]|i)?)\s*(?:l['’]|la |le |il |i |gli |lo )?(?:etichett[ae]|"
    r"annotazion[ei]|metadati|"
    r"trascrizion[ei]|indizi[o]?|descrizion[ei](?: fornit[ae])?|riferimento|didascali[ae]|nome del file)\b|"
    r"\brisposta di riferimento\b",
    # Portuguese
    r"\b(?:segundo|de acordo com|conforme)\s+(?:a |o |as |os )?(?:etiquetas?|rótulos?|anotaç(?:ão|ões)|metadados|"
    r"transcriç(?:ão|ões)|"
    r"dicas?|descriç(?:ão|ões)(?: fornecidas?)?|referência|legenda|nome do arquivo)\b|\bresposta de referência\b",
    # Dutch
    r"\bvolgens\s+(?:het |de )?(?:label|annotaties?|metadata|transcript(?:ie)?|hint|(?:gegeven )?beschrijving|"
    r"bijschrift|bestandsnaam)\b",
    # Russian
    r"\b(?:согласно|судя по|в соответствии с)\s+(?:предоставленн\w+\s+|данн\w+\s+)?(?:метк\w+|аннотаци\w+|разметк\w+|"
    r"метаданн\w+|"
    r"транскрипт\w*|расшифровк\w+|подсказк\w+|описани\w+|имени файла)|\bэталонн\w+ ответ\w*",
    # Chinese
    r"(?:根据|依据|按照|参考)(?:所|已)?(?:给出|提供|给定|给)?的?(?:标签|标注|注释|字幕|元数据|转录文?本?|提示|描述|参考答案|文件名|真值)"
    r"|参考答案|标准答案|(?:标签|标注|元数据|转录文本)(?:显示|表明|指出|说明)|数据集(?:名|标签|标注)",
    # Japanese
    r"(?:ラベル|アノテーション|注釈|メタデータ|書き起こし|ヒント|説明文|キャプション|ファイル名)(?:によると|によれば|に基づ|から判断|が示)"
    r"|正解ラベル|参照回答|模範解答",
    # Czech and Polish
    r"\bpodle\s+(?:štítku|anotac[ei]|metadat|přepisu|nápovědy|popisu|popisku|názvu souboru)\b"
    r"|\bzgodnie z\s+(?:etykiet\w+|adnotacj\w+|metadanymi|transkrypcj\w+|opisem|podpowiedzi\w+)\b",
)
CITATIONS: tuple[re.Pattern[str], ...] = tuple(re.compile(pattern, re.I) for pattern in (*_ENGLISH, *_OTHERS))
"""Each pattern is one way to cite what the listener of a recording does not have."""

CORPORA: tuple[str, ...] = (
    *(
        "AudioSet",
        "AudioCaps",
        "Clotho",
        "Clotho-AQA",
        "ClothoAQA",
        "WavCaps",
        "FSD50K",
        "FSDKaggle",
        "ESC-50",
        "UrbanSound8K",
    ),
    *(
        "VGGSound",
        "MusicCaps",
        "MusicBench",
        "MTG-Jamendo",
        "NSynth",
        "GTZAN",
        "MagnaTagATune",
        "LibriSpeech",
        "LibriTTS",
    ),
    *(
        "Common Voice",
        "CommonVoice",
        "CoVoST",
        "CoVoST2",
        "CoVoST 2",
        "VoxCeleb",
        "VoxPopuli",
        "FLEURS",
        "MELD",
        "IEMOCAP",
    ),
    *(
        "MUStARD",
        "CREMA-D",
        "RAVDESS",
        "Freesound",
        "FreeSound",
        "MMAU",
        "MMAR",
        "AIR-Bench",
        "CoTA",
        "CompA-R",
        "BBC Sound Effects",
    ),
)
"""Corpora and benchmarks in the spelling that only they have; "a common voice" and "mustard" are other words."""
