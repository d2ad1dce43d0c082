"""The names of a recording in forms that can be compared: corpora name the same recording in their own ways.

A name is `"<corpus>/<id>"`, as `Recording.id`, or an address, or an id alone. It gives a set of keys, and two names
mean one recording where they share a key: "youtube:…" and "freesound:…" for the recordings that many corpora took from
there, "meld:…" for an utterance with its split, "name:…" for a file name within a corpus and its folders, or anywhere
if it is long.
"""

from __future__ import annotations

import re


_YOUTUBE_URL = re.compile(
    r"(?:youtube\.com/(?:watch\?(?:[^#\s]*&)?v=|embed/|shorts/|v/|live/)|youtu\.be/)([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])"
)
_BILIBILI = re.compile(r"(?<![A-Za-z0-9])(BV1[A-Za-z0-9]{9})(?![A-Za-z0-9])")
_FREESOUND_URL = re.compile(r"freesound\.org/(?:people/[^/\s]+/sounds|s|embed/sound/iframe)/(\d+)")
# Of AudioSet, AudioCaps, MusicCaps and WavCaps: the id, with a "Y" before it and times behind it as the corpus has it.
_YOUTUBE_NAME = re.compile(r"^(Y?)([A-Za-z0-9_-]{11})((?:[_-]\d+(?:[.:-]\d+)*)*)$")
_UTTERANCE = re.compile(r"dia(\d+)[_/-]?utt(\d+)", re.I)
_SUFFIX = re.compile(r"\.(?:wav|mp3|flac|ogg|opus|m4a|aac|mp4|webm|mkv|aiff?|wma)$", re.I)
_SCHEMES = frozenset({"youtube", "freesound", "bilibili"})
# Where a file named by digits is named by its number at Freesound; WavCaps has a folder FreeSound among others.
_FREESOUND_CORPORA = frozenset({"freesound", "fsd50k"})
# Where every name of 11 characters is an id at YouTube, even one that could be words.
_YOUTUBE_CORPORA = frozenset({"audioset", "audiocaps", "musiccaps", "wavcaps", "musicbench", "mmar", "youtube"})
_FAMILIES = {"clothoaqa": "clotho", "clothotest": "clotho", "audiosetsl": "audioset", "audiosetstrong": "audioset"}
# Folders that say how a corpus is laid out and not what is in it: one copy of it has them, another has not.
_LAYOUT = re.compile(
    r"(?:train|dev|val|test|eval|(?:train|test)ing|development|valid|validation|evaluation)(?:set|split|clean|other)?|"
    r"audios?|audiofiles?|wavs?|flac|mp3|clips?|sounds?|recordings?|data|dataset|files"
)
MIN_UNIQUE_NAME = 14
"""A file name of so many characters with a digit is taken for the same recording in every corpus."""
MIN_UNIQUE_DIGITS = 5
"""A file name of so many digits and other characters is taken for the same recording in every folder of its corpus."""


def family(corpus: str) -> str:
    """The corpus without case, separators and the suffix of a version; corpora with the same recordings are one."""
    plain = re.sub(r"[^a-z0-9]", "", corpus.casefold())
    return _FAMILIES.get(plain, plain)


def full_name(corpus: str, id: str) -> str:
    """The name of a recording that its corpus calls `id`; what says itself where it is from stays as it is."""
    is_full = not corpus or "://" in id or id.partition(":")[0] in _SCHEMES
    return id if is_full else f"{corpus}/{id}"


def source_keys(name: str, corpus: str | None = None, split: str | None = None) -> frozenset[str]:
    """The keys of a recording's name.

    Args:
        name: `"<corpus>/<id>"`, an id, a file name, or the address of a video or a sound.
        corpus: the corpus where `name` does not begin with it.
        split: the split of the corpus, which an utterance of MELD needs: its ids begin anew in each split. Where
            neither this nor the name tells the split, the utterance has the key of every split.
    """
    text = name.strip().replace("\\", "/")
    if not text:
        return frozenset()
    keys = {f"youtube:{found}" for found in _YOUTUBE_URL.findall(text)}
    keys |= {f"bilibili:{found}" for found in _BILIBILI.findall(text)}
    keys |= {f"freesound:{found}" for found in _FREESOUND_URL.findall(text)}
    if "://" in text:
        return frozenset(keys or {f"address:{text}"})
    scheme, _, rest = text.partition(":")
    if scheme in _SCHEMES and rest:
        return frozenset({text})
    parts = [part for part in text.split("/") if part not in ("", ".", "..")]
    if corpus is None and len(parts) > 1:
        corpus = parts[0]
    stem = _SUFFIX.sub("", parts[-1] if parts else "")
    group = family(corpus or "")
    places = {family(part) for part in parts[:-1]} | {group}
    return frozenset(keys | _named(stem, group, places) | _utterance("/".join(parts), group, split))


def _named(stem: str, group: str, places: set[str]) -> set[str]:
    keys = set()
    found = _YOUTUBE_NAME.match(stem)
    if found and (not group or places & _YOUTUBE_CORPORA or not _of_one_case(found[2])):
        keys.add(f"youtube:{found[2]}")
        if stem.startswith("Y") and len(stem) == 11:
            keys.add(f"youtube:{stem}")
    if places & _FREESOUND_CORPORA and stem.isdigit():
        keys.add(f"freesound:{int(stem)}")
    if _UTTERANCE.search(stem):
        return keys
    plain = " ".join(stem.casefold().replace("_", " ").split())
    if group and plain:
        keys.add("/".join([f"name:{group}", *_folders_that_count(plain, places - {group}), plain]))
    if len(plain) >= MIN_UNIQUE_NAME and any(character.isdigit() for character in plain):
        keys.add(f"name:*/{plain}")
    return keys


def _folders_that_count(plain: str, folders: set[str]) -> list[str]:
    """The folders of a corpus without which a file name says nothing: `door.ogg` is another one in each of them."""
    if plain.isdigit():  # a number alone is counted anew in each folder, whatever it is called
        return sorted(folders)
    if sum(character.isdigit() for character in plain) >= MIN_UNIQUE_DIGITS:
        return []
    return sorted(folder for folder in folders if not _LAYOUT.fullmatch(folder))


def _of_one_case(id: str) -> bool:
    """Whether it is likely words, as `sound_event`, and not drawn from 64 characters: of those 0.6% have one case."""
    return id == id.lower() or id == id.upper()


def _utterance(path: str, group: str, split: str | None) -> set[str]:
    found = _UTTERANCE.search(path)
    if not found or group not in ("meld", ""):
        return set()
    told = re.search(r"train|dev|valid|test", f"{path[: found.start()]} {split or ''}", re.I)
    named = {"train": "train", "dev": "dev", "valid": "dev", "test": "test"}[told.group().casefold()] if told else None
    return {
        f"meld:{part}/dia{int(found[1])}utt{int(found[2])}"
        for part in ((named,) if named else ("train", "dev", "test"))
    }
