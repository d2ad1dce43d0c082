"""What a teacher may note down of a recording."""

from __future__ import annotations

import pytest

from dataset_builder.stages.annotate import Labels
from dataset_builder.teachers.completion import Completion, read_answer
from dataset_builder.teachers.faults import Fault, TeacherError
from dataset_builder.teachers.usage import Usage


ANSWER = """{"description": "A dog barks.", "events": [{"label": "bark", "start": 0.5, "end": %s}],
 "speech": null, "music": null, "setting": null, "uncertain": []}"""


def test_times_of_events():
    labels = read_answer(Completion(ANSWER % "1.5", Usage()), Labels)
    assert (labels.events[0].start, labels.events[0].end) == (0.5, 1.5)


@pytest.mark.parametrize("end", ["1e999", "9" * 400, "NaN", "Infinity"])
def test_times_that_never_come_are_not_of_the_schema(end):
    """A small model asked for a number writes digits without end."""
    with pytest.raises(TeacherError) as raised:
        read_answer(Completion(ANSWER % end, Usage()), Labels)
    assert raised.value.kind in (Fault.WRONG_SCHEMA, Fault.BROKEN_JSON)
