"""One row of a CoTA folder as files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from dataset_builder.row_files import write_row_files


RATE = 16_000


def flac(samples: np.ndarray) -> bytes:
    import soundfile

    stream = io.BytesIO()
    soundfile.write(stream, samples, RATE, format="FLAC")
    return stream.getvalue()


@pytest.fixture(scope="module")
def cota(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two rows in its one split, laid out as the builder lays it out."""
    from datasets import Dataset

    from dataset_builder.schema import features

    rows = [dict.fromkeys(features()) for _ in range(2)]
    for number, row in enumerate(rows):
        clip = flac(np.full(RATE // 2 * (number + 1), 0.25))
        row |= {"id": f"row-{number}", "audio": {"bytes": clip, "path": None}, "duration": 0.5 * (number + 1)}
        row |= {"question": "How many?", "choices": ["one", "two"], "answer": "two", "messages": [], "images": []}
    folder = tmp_path_factory.mktemp("data")
    Dataset.from_list(rows, features=features()).to_parquet(folder / "test.parquet")
    config = "- config_name: all\n  default: true\n  data_files:\n  - {split: test, path: test.parquet}\n"
    (folder / "README.md").write_text(f"---\nconfigs:\n{config}---\n")
    return folder


def test_clip_and_question_are_the_rows(cota: Path, tmp_path: Path) -> None:
    import soundfile

    files = write_row_files(cota, tmp_path / "new" / "clip", split="test", config=None, row=1)
    samples, rate = soundfile.read(files.clip)
    assert (len(samples), rate) == (RATE, RATE)
    np.testing.assert_allclose(samples, 0.25, atol=2**-15)
    assert files.question.read_text() == "How many?\nChoose one: one; two.\n"
    assert (files.row_id, files.seconds, files.answer) == ("row-1", 1.0, "two")
    assert sorted(path.name for path in files.clip.parent.iterdir()) == ["clip.flac", "clip.txt"]


def test_a_row_that_is_not_there_is_named(cota: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"row 2 is not in .*, split test: it has the rows 0 to 1\."):
        write_row_files(cota, tmp_path / "clip", split="test", config=None, row=2)


def test_an_unknown_config_is_refused(cota: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing"):
        write_row_files(cota, tmp_path / "clip", split="test", config="nothing", row=0)


def test_a_folder_that_is_not_cota_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is not a CoTA folder"):
        write_row_files(tmp_path, tmp_path / "clip", split="test", config=None, row=0)
