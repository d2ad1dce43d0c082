"""How languages other than English cite what the writer of a row was shown, and the names of corpora.

A phrase is listed where it has no ordinary meaning in a description of sound. Quotations are taken out before the
patterns are tried.
"""

from __future__ import annotations

import re


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
CITATIONS: tuple[re.Pattern[str], ...] = tuple(re.compile(pattern, re.I) for pattern in _OTHERS)
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
