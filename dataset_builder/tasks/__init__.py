"""The tasks of CoTA. A task draws questions from recordings; it reads no audio."""

from .audio_type import AudioType
from .music import Genre, InstrumentOrder, LeadInstrument, TempoClass
from .sound import SoundCount, SoundEvent, SoundOrder
from .speech import SpeakerCount, SpeakerOrder, SpokenLanguage
from .task import Task
from .word import SpeechTranslation, SpokenWord


TASKS: tuple[Task, ...] = (
    SoundEvent(),
    SoundOrder(),
    SoundCount(),
    SpokenLanguage(),
    SpeakerCount(),
    SpeakerOrder(),
    SpokenWord(),
    SpeechTranslation(),
    LeadInstrument(),
    InstrumentOrder(),
    TempoClass(),
    Genre(),
    AudioType(),
)

__all__ = ["TASKS", "Task"]
