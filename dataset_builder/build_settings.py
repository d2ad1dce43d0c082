"""What a build is to do, read from its YAML: the one file that describes it.

Checks names and kinds and says what is wrong; what a stage makes of its part is for the stage to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .option_kinds import check_kinds
from .schema import SPLITS
from .sources.source import check_source


ANNOTATIONS = "annotations"
"""The teacher that is no model: code that writes what the annotations say."""
_MAPPINGS = tuple((name, dict, "names and values") for name in ("splits", "teachers", "ray", "slurm"))
REVIEWERS = ("blind", "text_only")
"""What of `review` names a teacher."""
_PLAIN = ("seed", "tasks", "max_seconds", "splits")
STAGES = ("measure", "annotate", "question", "reason", "review", "decontaminate", "publish")


@dataclass(frozen=True)
class BuildSettings:
    """A build.

    Args:
        sources: corpora, one mapping each, with its `corpus` and the settings of that.
        base: the folder that relative paths start from.
        output: the folder of CoTA to write.
        work: the folder of the stages; `<output>.build` if left out.
        seed: of every draw.
        tasks: slices that each stage is cut into; more than workers, so that they end together.
        max_seconds: a longer recording is an error.
        splits: shares of recordings without a split of their corpus.
        teachers: models, each by a name of your choice, with their settings.
        stages: settings by stage; a stage that is not named and not required is left out.
        ray, slurm: further arguments of datatrove's executor of that name.
        text: of the build file as it was read, which is published with the output.

    Raises:
        ValueError: a value that cannot be meant; says which and what is expected.
    """

    sources: Sequence[Mapping[str, Any]]
    base: Path
    output: Path
    work: Path
    seed: int = 0
    tasks: int = 16
    max_seconds: float = 600.0
    splits: Mapping[str, float] = field(default_factory=lambda: {"train": 0.9, "validation": 0.05, "test": 0.05})
    teachers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ray: Mapping[str, Any] = field(default_factory=dict)
    slurm: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    def __post_init__(self) -> None:
        if not self.sources:
            raise ValueError("The build names no sources: list at least one under `sources:`, with its `corpus`.")
        for number, source in enumerate(self.sources, 1):
            if not isinstance(source, Mapping) or "corpus" not in source:
                raise ValueError(f"Source {number} of the build names no `corpus:`; it is {source!r}.")
            try:
                check_source(source)
            except ValueError as error:
                raise ValueError(f"Source {number} of the build: {error}") from None
        check_kinds(type(self), {item.name: getattr(self, item.name) for item in fields(self) if item.name in _PLAIN})
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}: give a whole number from 0 on.")
        if self.tasks < 1:
            raise ValueError(f"tasks is {self.tasks}: give a whole number from 1 on.")
        if self.max_seconds <= 0:
            raise ValueError(f"max_seconds is {self.max_seconds}: give seconds.")
        if (
            any(share < 0 for share in self.splits.values())
            or set(self.splits) != set(SPLITS)
            or abs(sum(self.splits.values()) - 1) > 1e-6
        ):
            raise ValueError(f"splits is {dict(self.splits)}: give shares of {', '.join(SPLITS)} that sum to 1.")
        for name in ("question", "reason"):
            self._check_teacher(name, self.stages.get(name, {}), may_be_code=True)
        if "annotate" in self.stages:
            self._check_teacher("annotate", self.stages["annotate"])
        for name in REVIEWERS:
            if (asked := self.stages.get("review", {}).get(name)) is not None:
                self._check_teacher(f"review: {name}", asked)

    def _check_teacher(self, where: str, asked: Any, may_be_code: bool = False) -> None:
        known = [*self.teachers, *([ANNOTATIONS] if may_be_code else [])]
        listed = ", ".join(known) if known else "none"
        if not isinstance(asked, Mapping):
            raise ValueError(
                f"`{where}:` is {asked!r}: give settings, such as {{teacher: {known[0] if known else '…'}}}."
            )
        name = asked.get("teacher")
        if name is None:
            raise ValueError(f"`{where}:` names no `teacher:`; give one of {listed}.")
        if name not in known:
            raise ValueError(f"`{where}: teacher: {name}` is no teacher of this build; there are: {listed}.")


def read_build(path: Path) -> BuildSettings:
    """The settings of a build file.

    Raises:
        ValueError: the file is no YAML mapping, or a value of it cannot be meant; names the file.
        OSError: it cannot be read.
    """
    import yaml

    from .single_keys import SingleKeys

    if path.is_dir():
        raise ValueError(f"{path} is a folder: name the YAML file that describes the build.")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: name the YAML file that describes the build.")
    try:
        text = path.read_bytes().decode("utf-8")
        given = yaml.load(text, SingleKeys)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 ({error.reason} at byte {error.start}).") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML ({' '.join(str(error).split())}).") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(given, dict):
        raise ValueError(f"{path} holds no settings: see `sources:`, `output:` and the stages in docs/building.md.")
    try:
        return _settings(given, path.resolve().parent, text)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _settings(given: dict[str, Any], base: Path, text: str) -> BuildSettings:
    own = {item.name for item in fields(BuildSettings)} - {"base", "stages", "text"}
    unknown = sorted(map(str, set(given) - own - set(STAGES)))
    if unknown:
        raise ValueError(f"`{unknown[0]}:` is unknown; there are {', '.join(sorted(own))} and {', '.join(STAGES)}.")
    if "output" not in given:
        raise ValueError("`output:` is missing: name the folder of CoTA to write.")
    if "sources" not in given:
        raise ValueError("`sources:` is missing: list at least one corpus, such as `- {corpus: folder, folder: …}`.")
    for name in ("output", "work"):
        if not isinstance(given.get(name, ""), str):
            raise ValueError(f"`{name}:` is {given[name]!r}: give a path.")
    for name, kind, wanted in (("sources", list, "a list, one line `- {corpus: …}` each"), *_MAPPINGS):
        if not isinstance(given.get(name, kind()), kind):
            raise ValueError(f"`{name}:` is {given[name]!r}: give {wanted}.")
    for name, teacher in given.get("teachers", {}).items():
        if not isinstance(teacher, dict):
            raise ValueError(f"`teachers: {name}:` is {teacher!r}: give settings, such as {{preset: gemini}}.")
    stages = {name: given.pop(name) or {} for name in STAGES if name in given}
    for name, value in stages.items():
        if not isinstance(value, Mapping):
            raise ValueError(f"`{name}:` is {value!r}: give names and values.")
    for name in REVIEWERS:
        # `blind: ear` can mean one thing only.
        if isinstance(asked := stages.get("review", {}).get(name), str):
            stages["review"][name] = {"teacher": asked}
    output = base / given.pop("output")
    work = base / given.pop("work") if "work" in given else output.with_name(output.name + ".build")
    settings = BuildSettings(base=base, output=output, work=work, stages=stages, text=text, **given)
    if "splits" in given and stages["question"]["teacher"] == ANNOTATIONS:
        raise ValueError(
            f"`splits:` cannot be set with the teacher {ANNOTATIONS}, which draws splits so that each class is in "
            "train and in test: remove it, or say the split of each recording in its metadata."
        )
    return settings
