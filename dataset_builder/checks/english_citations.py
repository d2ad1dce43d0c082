"""How English cites what the writer of a row was shown: a grammar of sources, of what they say, and of known answers.

A source is a noun for what a corpus, an annotator or a measurement gives: some are such wherever they stand
(metadata, the annotator), some only with a word that says that they were given (the evidence provided), some only
where they speak as texts do (the notes say; but not "the notes show", which may be those of a melody). A bare source
is none: a record label signs a band, a guitar has a hint of reverb. Nor is what somebody in the recording says.

Each sentence comes without what stands in quotes.
"""

from __future__ import annotations

import re


_CLIP = (
    r"(?:audio|clip|recording|sound|segment|sample|event|track|music|song|piece|excerpt|utterance|emotion|file|"
    r"question)"
)
_GIVEN = (
    r"(?:provided|given|supplied|accompanying|attached|reference|ground[- ]truth|gold|official|human|original|audio|"
    r"(?:clip|recording)(?:['’]s)?|known|correct|associated|available|listed)"
)
_TEXT = (
    r"(?:labels?|annotations?|annotators?|captions?|meta-?data|transcripts?|transcriptions?|hints?|tags?|"
    r"ground[- ]truths?|references?|reference (?:answers?|texts?|captions?|labels?)|descriptions?|file ?names?|"
    r"data-?sets?|corpus|answer key|(?:correct|given|provided|expected|known) answer|prompt|input text|"
    r"text description)"
)
"""Nouns for what is read and not heard."""
_THE = r"(?:the|this|these|its)"
_SAYS = (
    r"(?:says?|said|states?|stated|mentions?|mentioned|lists?|names?|calls?|called|specif(?:y|ies)|reads?|records?|"
    r"recorded|reports?|claims?|puts? it|describes?|tells?|told|speaks? of|files?|filed|classif(?:y|ies))"
)
"""What only a text does, or a person."""
_SHOWS = (
    rf"(?:{_SAYS}|indicates?|confirms?|shows?|suggests?|reveals?|gives?|notes?|matches|match|provides?|"
    r"identif(?:y|ies)|includes?|has|have|points? to|puts?|marks?|supports?|agrees?)"
)
_DECIDES = (
    rf"(?:{_SHOWS}|settles?|proves?|decides?|fits?|leaves?|makes? it|helps?|(?:is|are)\s+(?:plain|clear|obvious))"
)
_VALUE = r"(?!\b(?:of|in|on|by|for|with|that|which|who|from|to|and|or|is|are|was|were|he|she|they)\b)(?:[\w-]+|…)"
"""A word that a label may hold, and not what a noun is described by."""
_IS = rf"(?:{_SHOWS}|is|are|was|were|clearly|also|already)"
_STATED = (
    r"(?:stated|mentioned|indicated|noted|described|given|provided|specified|listed|shown|suggested|confirmed|"
    r"annotated|labell?ed|tagged|hinted|seen|written|said|recorded)"
)
_CONCERNING_CLIP = rf"(?:\s+(?:{_STATED}\s+)?(?:for|of|to)\s+(?:the|this)\s+{_CLIP})?"
# The description of a scene and the tags in the options are none; the label of the clip is the reference.
_NOT_OF_SOMETHING = (
    r"(?!\s+(?:artist|company|maker|writer|signed|he|she|they|(?:of|in|by|for|on)\s+"
    r"(?!(?:the|this) (?:audio|clip|recording|sound|file|data-?set|corpus))))"
)
_MEASURED = r"(?:silences?|duration|length|key|loudness|facts?|values?|data|levels?|share|bandwidth)"

_RULES = (
    # "according to the label", "based on the provided transcript", "per the metadata"; not "according to the speaker".
    rf"\b(?:according to|based (?:up)?on|as per|per|going by|judging (?:by|from)|consult(?:ing)?|relying on|given|"
    rf"consistent with|in line with|matching|confirmed by|supported by|taken from|derived from|thanks to)\s+"
    rf"(?:the|this|these|its|an?)\s+(?:{_GIVEN}\s+){{0,2}}{_TEXT}\b{_NOT_OF_SOMETHING}",
    # Notes are texts here, and may be those of a melody after "based on" and "judging by".
    r"\b(?:according to|as per|per)\s+(?:the|these|its)\s+(?:notes|measurements?)\b(?!\s+(?:of|in|that|which|on)\b)",
    # "From the tags it is a dog", where a clause begins; not "she reads from the transcript".
    rf"(?:^|[,;:]\s+|\b(?:know|see|learn|clear|follows|told)\s+)from\s+{_THE}\s+(?:{_GIVEN}\s+){{0,2}}"
    rf"(?:labels?|captions?|transcripts?|transcriptions?|tags|descriptions?|references?|hints?|corpus)\b"
    rf"{_NOT_OF_SOMETHING}",
    # "the annotation says", "annotations list"; "the transcript for this clip reads", "the corpus files it under".
    rf"\b{_THE}\s+(?:{_GIVEN}\s+){{0,2}}(?:annotations?|meta-?data|captions?|ground[- ]truth|hints?)"
    rf"{_CONCERNING_CLIP}\s+{_IS}\b",
    rf"(?:^|[,;:]\s+)(?:annotations?|meta-?data|labels|tags|ground[- ]truth)\s+{_SHOWS}\b",
    rf"\b{_THE}\s+(?:{_GIVEN}\s+)?(?:labels?|transcripts?|transcriptions?|tags?|file ?name|descriptions?|data-?set|"
    rf"corpus|answer key|measurements?(?:\s+of\s+(?:the\s+)?(?:silence|speech|tempo|key|loudness|pitch))?)"
    rf"{_CONCERNING_CLIP}\s+{_SHOWS}\b",
    rf"\b{_THE}\s+(?:notes|reference)\s+{_SAYS}\b",
    rf"\b{_THE}\s+(?:labels?|annotations?|captions?|meta-?data|tags?|reference|ground[- ]truth)\s+"
    rf"(?:{_STATED}\s+)?(?:for|of)\s+(?:the|this)\s+{_CLIP}\b",
    # "the provided label", "the facts given", "the description that I was given".
    r"\b(?:provided|supplied|given|accompanying|reference|gold|ground[- ]truth|official|associated|listed)\s+"
    r"(?:(?:audio|text|sound|textual|human)\s+)?(?:labels?|annotations?|captions?|meta-?data|transcripts?|"
    r"transcriptions?|hints?|tags?|descriptions?|answers?|information|details|facts|evidence|notes|measurements?|"
    r"ground[- ]truth|choice is)\b",
    r"\bthe\s+(?:labels?|annotations?|captions?|transcripts?|transcriptions?|hints?|tags?|descriptions?|information|"
    r"details|facts|evidence|notes|data|reference)\s+(?:that\s+)?(?:(?:i|we)\s+(?:was|am|were|are|have been)\s+|"
    r"(?:is|are|was|were)\s+)?(?:given|provided|supplied|attached)\b(?!\s+(?:(?:by|in|at|during|over|on|about)\b|"
    r"to (?!me|us)))",
    r"\bground[- ]truths?\b|\b(?:answer|labell?ing) key\b|\bgold(?:en)?[- ](?:label|answer|standard)\b",
    r"(?<!caption )\bannotators?\b",
    r"\b(?:evidence|annotation|label|caption|answer|tag|metadata) field\b",
    # "as stated in the description", "in the notes it is written", "as annotated".
    rf"\bas\s+(?:is\s+|was\s+|already\s+)?{_STATED}\s+(?:in|by|on|from)\s+{_THE}\s+(?:{_GIVEN}\s+){{0,2}}{_TEXT}\b",
    rf"\bin\s+{_THE}\s+(?:{_GIVEN}\s+){{0,2}}(?:{_TEXT}|notes)\s+(?:it\s+is|is|it['’]s)\s+(?:also\s+)?{_STATED}\b",
    r"\bas\s+(?:annotated|labell?ed|tagged)\b(?!\s+(?:on|by the (?:speaker|man|woman)))",
    rf"\b(?:in|from|by|with)\s+(?:the|its|these)\s+(?:{_GIVEN}\s+){{0,2}}(?:annotations|meta-?data|ground[- ]truth|"
    rf"data-?set labels?)\b{_NOT_OF_SOMETHING}",
    # "the clip is labelled as", "the emotion has been annotated".
    rf"\b{_CLIP}\s+(?:is|are|was|were|has been|have been|being)\s+(?:explicitly |already |officially |"
    rf"also )?(?:annotated|labell?ed|tagged)(?=\s+(?:as|with|by|in|to be)\b|\s*[.,;:…])",
    r"\b(?:annotated|labell?ed|tagged)\s+(?:events?|emotions?|classes|class|category|sounds?|segments?|key|tempo)\b",
    r"\b(?:data-?set|ground[- ]truth|true|class|emotion|sound|correct)\s+(?:annotations?|labels?)\b",
    # What was measured, and the names under which rows hold it; "a measured tempo" is a slow one.
    rf"(?:^|\bthe\s+)measured\s+{_MEASURED}\b|\b(?:silent|silence|speech)[ _]share\b",
    r"\bthe\s+measured\s+(?:tempo|pitch)\s+(?:of|is)\s+\d",
    # "the listed sounds", "the event list"; "the label siren confirms it", "its tag, dog, is plain".
    r"\bthe\s+listed\s+(?:audio\s+|sound\s+)?(?:events?|sounds?|emotions?|class(?:es)?|categor(?:y|ies)|instruments?)\b",
    rf"\b(?:event|sound|label|tag)\s+lists?\s+{_SHOWS}\b|\blist\s+of\s+(?:events|labels|tags|annotations)\b",
    rf"\b{_THE}\s+(?:labels?|tags?|annotations?|captions?|ground[- ]truth)(?:,(?:\s+{_VALUE}){{1,3}},|"
    rf"\s+{_VALUE}(?:\s+(?:and|or)\s+{_VALUE})?)\s+{_DECIDES}\b",
    # "it was annotated as a siren"; "labelled by" may be said of anything.
    r"\b(?:it|this|that|these|they|which)\s+(?:is|are|was|were|has\s+been|have\s+been)\s+(?:\w+ly\s+)?(?:annotated|"
    r"labell?ed|tagged)\s+(?:as|with)\b",
    # "Looking at the labels", "by checking the caption", "with the label in mind"; not "he is reading the transcript".
    rf"(?:^|[,;:]\s+|\b(?:by|on|after|when|from)\s+)(?:looking\s+at|checking|reading|considering|inspecting|using|"
    rf"comparing\s+with|seeing|knowing|following)\s+{_THE}\s+(?:{_GIVEN}\s+){{0,2}}(?:labels?|annotations?|captions?|"
    rf"meta-?data|transcripts?|transcriptions?|tags?|hints?|measurements?|ground[- ]truth)\b(?!\s+(?:aloud|out)\b)"
    rf"{_NOT_OF_SOMETHING}",
    rf"\bwith\s+{_THE}\s+(?:labels?|tags?|captions?|annotations?|transcripts?|facts)\s+in\s+mind\b",
    # Facts are given where they list or report; a listener has no meter.
    rf"(?:^|[,;:]\s+|\b(?:as|that|and)\s+)the\s+(?:(?:audio|sound|acoustic|clip['’]s)\s+)?(?:facts|measurements|"
    rf"analysis|features|details|information|data)\s+(?:(?:(?:that\s+)?(?:i|we)\s+have|at\s+hand|given\s+to\s+(?:me|us))\s+)?"
    rf"(?:{_SAYS}|names?)\b",
    r"(?<![\w.])[-−]?\d+(?:\.\d+)?\s*(?:LUFS|LKFS|dBFS|dBTP)\b|\bloudness\s+value\b",
    # The answer was known: "the correct answer is given", "the given answer", "we are told that the answer is".
    r"\b(?:correct|right|true|expected|reference)\s+(?:answer|choice|option)\s+(?:is|was|has been)\s+(?:already\s+)?"
    r"(?:given|known|provided|stated|supplied|specified)\b",
    r"\b(?:the|a)\s+(?:given|known|provided|supplied|reference|intended)\s+answer\b",
    r"\bthe\s+answer\s+(?:(?:that\s+)?(?:i|we)\s+(?:was|were|am|are)\s+)?(?:provided|given|supplied)\b(?!\s+(?:by|in|at|to|"
    r"with|as|during|after|from)\b)",
    r"\b(?:knowing|told|informed|given|aware|(?:i|we)\s+(?:already\s+)?kn[eo]w)\s+(?:that\s+)?the\s+(?:correct\s+|"
    r"right\s+|expected\s+)?(?:answer|label|choice|emotion|event)\s+(?:is|was|must be|has to be)\b",
    r"\b(?:since|because|as|given that)\s+the\s+(?:right|correct|expected|true|intended)\s+(?:answer|choice|option)\s+"
    r"(?:is|was)\b",
    r"\b(?:i|we)(?:\s+(?:am|are|was|were|have been)|['’](?:ve been|re|m))\s+(?:already\s+)?(?:told|informed)\s+"
    r"that\b",
    rf"\bi\s+(?:am|was|have been)\s+(?:given|provided|supplied)\s+(?:with\s+)?(?:the|an?)\s+(?:\w+\s+)?{_TEXT}\b",
    r"\bfile\s?names?\s+(?:of the (?:clip|recording|audio|file)|is|contains|says|suggests|indicates)\b",
    r"\b[\w-]+\.(?:wav|mp3|flac|ogg|opus|m4a|aac|mp4|webm|aiff?|wma)\b",
)
_CITATIONS = tuple(re.compile(rule, re.I) for rule in _RULES)
_ANSWER = re.compile(
    r"\b(?:right|correct|expected|true|intended)\s+(?:answer|choice|option)\s+(?:is|was|must be|has to be)\b"
    r"(?!\s+(?:the (?:one|choice|option)|whichever|whatever|what|one|likely|probably|not|to|that)\b)",
    re.I,
)
_CONCLUDES = re.compile(
    r"\b(?:so|therefore|thus|hence|consequently|then|means?|follows?|leaves?|leaving|makes?|conclude|must)\b", re.I
)
_PERSON = (
    r"(?:he|she|they|(?:the|a|an|one|first|second|other)\s+(?:\w+\s+){0,2}(?:man|woman|boy|girl|child|speaker|"
    r"narrator|host|guest|teacher|announcer|presenter|voice|caller|guide|interviewer|singer|reporter))"
)
_TELLS = r"(?:says?|said|saying|tells?|explains?|reads?|asks?|announces?|claims?|mentions?|reports?|answers?|replies)"
_TOLD_BEFORE = re.compile(rf"\b{_PERSON}\s+(?:\w+\s+)?{_TELLS}\b[^,;:]*$", re.I)
_TOLD_AFTER = re.compile(rf"[,;]\s*(?:{_PERSON}\s+{_TELLS}|{_TELLS}\s+{_PERSON})\b[^,;]*$", re.I)


def english_citation(sentence: str, section: str, last: bool) -> str | None:
    """The words by which a sentence cites what a listener does not have, else None.

    Args:
        sentence: without quotations.
        section: planning, caption and reasoning may not state the right answer: the summary and the response do, and
            the reasoning as its conclusion.
        last: whether it is the last sentence of its section.
    """
    for pattern in _CITATIONS:
        for found in pattern.finditer(sentence):
            if not _is_told(sentence, found):
                return found.group().strip()
    answer = _ANSWER.search(sentence) if section in ("planning", "caption", "reasoning") else None
    if answer and not _is_told(sentence, answer):
        concludes = section == "reasoning" and (last or _CONCLUDES.search(sentence[: answer.end()]))
        return None if concludes else answer.group().strip()
    return None


def _is_told(sentence: str, found: re.Match[str]) -> bool:
    """Whether somebody in the recording says it."""
    return bool(_TOLD_BEFORE.search(sentence[: found.start()]) or _TOLD_AFTER.search(sentence[found.end() :]))
