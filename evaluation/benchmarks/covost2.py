"""CoVoST 2 (arXiv 2007.10310): the test set of a pair of languages, from the authors' tables and Common Voice 4.

    <folder>/covost_v2.en_zh-CN.test.tsv    path, sentence, translation, client_id: what get_covost_splits.py of
                                            github.com/facebookresearch/covost writes
    <folder>/clips/common_voice_en_1.mp3    of Common Voice, in the source language

or the same in a folder of the source language's name, as in Common Voice's archive. A split is a pair, as the names of
the tables have it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from evaluation.benchmarks.place import Source, heard, need, present
from evaluation.benchmarks.question import Question


SOURCE = Source("covost2", "https://github.com/facebookresearch/covost")
LANGUAGES = {
    "ar": "Arabic",
    "ca": "Catalan",
    "cy": "Welsh",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fr": "French",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "lv": "Latvian",
    "mn": "Mongolian",
    "nl": "Dutch",
    "pt": "Portuguese",
    "ru": "Russian",
    "sl": "Slovenian",
    "sv-SE": "Swedish",
    "ta": "Tamil",
    "tr": "Turkish",
    "zh-CN": "Chinese",
}
FROM_ENGLISH = ("zh-CN", "de", "ar", "ca", "cy", "et", "fa", "id", "ja", "lv", "mn", "sl", "sv-SE", "ta", "tr")
SPLITS = tuple(
    [f"en_{target}" for target in FROM_ENGLISH] + [f"{source}_en" for source in LANGUAGES if source != "en"]
)
QUESTION = "Translate the speech into {language}. Answer with the translation alone."
"""This project's own words: Qwen2-Audio's evaluation keeps its prompts with its data."""
COLUMNS = ("path", "sentence", "translation", "client_id")


def read(folder: Path, split: str = SPLITS[0]) -> list[Question]:
    """The questions of a pair; any two of them may swap their recordings.

    The entries are the table's rows, with "source", such as covost2_en_zh_test, and "audio_path" as Qwen2-Audio's
    evaluation has them.

    Raises:
        FileNotFoundError: the table is missing.
        ValueError: a row is not in the layout.
    """
    language, target = split.split("_")
    table = f"covost_v2.{split}.test.tsv"
    path = present(folder, (table, f"{language}/{table}"), SOURCE)[0]
    clips = [place / "clips" for place in (path.parent, folder / language, folder)]
    place = next((place for place in clips if place.is_dir()), clips[0])
    # The region, as in zh-CN, is no part of the name of a language there.
    source = f"covost2_{language.split('-')[0]}_{target.split('-')[0]}_test"
    questions = []
    for number, row in _rows(path):
        name = need(row, "path", path, number)
        questions.append(
            Question(
                id=f"{source}/clips/{name}",
                entry={**row, "source": source, "audio_path": f"clips/{name}"},
                text=QUESTION.format(language=LANGUAGES[target]),
                answer=need(row, "translation", path, number),
                recordings=(heard(place, (name,)),),
                kind=split,
                origin=f"common_voice/{name}",
            )
        )
    return questions


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows, counted from 1.

    The authors' script writes without quotes and with a backslash before what would be one, as pandas does.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 ({error}): download it again.") from None
    stream = io.StringIO(text, newline="")
    reader = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\")
    if not set(COLUMNS) <= set(reader.fieldnames or ()):
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        raise ValueError(
            f"{path} has the columns {found} and not {', '.join(COLUMNS)}: make it by get_covost_splits.py of "
            f"{SOURCE.site}."
        )
    number = 0
    for number, row in enumerate(reader, 1):
        if None in row or None in row.values():
            raise ValueError(f"{path}, entry {number}, has more or fewer cells than the header: download it again.")
        yield number, dict(row)
    if not number:
        raise ValueError(f"{path} holds no rows: make it again by get_covost_splits.py of {SOURCE.site}.")
