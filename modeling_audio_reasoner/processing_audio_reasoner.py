"""Messages with recordings -> tokens and log-mels, with a placeholder for every audio embedding; and answers back.

Knows the tokenizer, the feature extractor and the grammar of an answer; knows nothing of the model's weights.
"""

from __future__ import annotations

import inspect
import os
import re
from typing import Any

from transformers import BatchFeature, ProcessorMixin

from .arguments_audio_reasoner import are_clips, compare_totals, is_empty, prompts_of, recordings_of
from .audio_loading import load_audio
from .augmentation_audio_reasoner import Augmentation, Variants
from .configuration_audio_reasoner import MODEL_AUTO_MAP, count_audio_tokens
from .feature_extraction_audio_reasoner import AudioReasonerFeatureExtractor
from .grammar_audio_reasoner import ReasoningGrammar
from .images_audio_reasoner import pixels_of_recordings
from .messages_audio_reasoner import check_beside_messages, conversations_of, prepared_message
from .reasoning_audio_reasoner import Reasoning, parse_reasoning
from .saving_audio_reasoner import PushesCode, save_code
from .streaming_audio_reasoner import AsyncReasoningStreamer, ReasoningStreamer
from .token_masks_audio_reasoner import special_tokens
from .training_audio_reasoner import TrainingBatch, check_rows_are_whole, unmarked_answers, without_truncation


# From 5.23 on transformers keeps control tokens that a user spells out from acting, compares placeholders with
# recordings, and marks an assistant's tokens rightly behind recordings. Before, the last is refused; the rest is done
# here.
_BEFORE_5_23 = "sanitize_control_tokens" not in inspect.signature(ProcessorMixin.apply_chat_template).parameters
if _BEFORE_5_23:
    _END_OF_MARKED = None
else:
    from transformers.utils.chat_template_utils import mark_control_tokens

    _END_OF_MARKED = mark_control_tokens("x", re.compile("x"))[-1]


class AudioReasonerProcessor(PushesCode, ProcessorMixin):
    """Tokenizer and feature extractor in one.

    Args:
        feature_extractor: an [`AudioReasonerFeatureExtractor`].
        tokenizer: a fast tokenizer that has the three audio tokens.
        chat_template: a Jinja template; the one saved with the processor, or the tokenizer's, when left out.
        audio_token: the placeholder; a prompt holds it once a recording before the processor, once an audio embedding
            after it.
    """

    def __init__(
        self,
        feature_extractor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        audio_token: str = "<|AUDIO|>",
        audio_bos_token: str = "<|audio_bos|>",
        audio_eos_token: str = "<|audio_eos|>",
        **kwargs: Any,
    ) -> None:
        self.audio_token = audio_token
        self.audio_bos_token = audio_bos_token
        self.audio_eos_token = audio_eos_token
        self.audio_token_id = tokenizer.convert_tokens_to_ids(audio_token)
        if self.audio_token_id is None or self.audio_token_id == tokenizer.unk_token_id:
            raise ValueError(f"The tokenizer does not know the placeholder {audio_token}: add it as a special token.")
        # The special tokens alone control a chat. The section tags, which the template's system prompt spells out, are
        # text that an assistant writes.
        tokenizer.chat_control_tokens = []
        # A folder's own code, of whatever version, may have made the extractor. Its class becomes that of this
        # processor, since each saves the code beside it: a folder gets one version of the code.
        ours = AudioReasonerFeatureExtractor
        if type(feature_extractor).__name__ == ours.__name__ and not isinstance(feature_extractor, ours):
            feature_extractor = ours.from_dict(feature_extractor.to_dict())
        super().__init__(feature_extractor, tokenizer, chat_template=chat_template)
        self._variants = Variants()

    def __call__(
        self,
        text: str | list[str] | None = None,
        audio: Any = None,
        images: Any = None,
        videos: Any = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Tokenize prompts and extract features of their recordings.

        Args:
            text: one prompt or several, with one placeholder a recording.
            audio: the recordings of all prompts in order, or a list of them for each prompt: waveforms (samples,) at
                the model's rate, or anything else that `load_audio` takes.
            images, videos: nothing, or nothing but empty lists (TRL's multimodal switch). As `images`, which TRL's
                GRPO hands on alone, also clips as data sets hold them (`{"bytes", "path"}`) in place of `audio`.

        Returns:
            `input_ids`, `attention_mask` (prompts, length); with audio also `input_features` and
            `feature_attention_mask` as the feature extractor returns them; with clips as images `pixel_values` in
            place of both (see [`pixels_of_recordings`]), which `forward` takes and `generate` does not: generate from
            what `audio` gives.

        Raises:
            ValueError: text is missing or no text, placeholders and recordings differ in number, images or videos
                were passed, or a waveform cannot be used.
        """
        if "audios" in kwargs:
            raise ValueError(
                "The argument is called 'audio', not 'audios': recordings passed as 'audios' would not be heard."
            )
        as_images = audio is None and are_clips(images)
        if as_images:
            audio, images = images, None
        for name, given in (("images", images), ("videos", videos)):
            if not is_empty(given):
                raise ValueError(f"Audio-Reasoner hears and does not see: leave '{name}' out, or pass empty lists.")
        prompts = prompts_of(text)
        # Not of text with marks, where what a user spelt out is no placeholder.
        sanitized = _END_OF_MARKED is not None and kwargs.get("sanitize_control_tokens")
        placeholders = None if sanitized else [prompt.count(self.audio_token) for prompt in prompts]
        if audio is not None:
            # Whatever the base class would take is read here, by the same rules as in a message.
            audio = [self._hear(recording) for recording in recordings_of(audio, placeholders)] or None
        if _END_OF_MARKED is not None and sanitized:
            # transformers counts placeholders in what is left when the control tokens that a user spelt out are taken
            # away. The second mark, which says nothing, stays there and keeps the text on either side apart.
            text = [prompt.replace(_END_OF_MARKED, 2 * _END_OF_MARKED) for prompt in prompts]
        if _BEFORE_5_23 and placeholders is not None:
            compare_totals(sum(placeholders), audio, self.audio_token)
        inputs = super().__call__(text=text, audio=audio, **kwargs)
        if as_images:
            windows = [-(-len(waveform) // self.feature_extractor.n_samples) for waveform in audio]
            features, mask = inputs.pop("input_features"), inputs.pop("feature_attention_mask")
            inputs["pixel_values"] = pixels_of_recordings(features, mask, windows)
        return inputs

    def _process_audio(self, audio: list, **kwargs: Any) -> tuple[BatchFeature, list[str]]:
        """Features of all recordings, and for each the placeholders that stand for its embeddings."""
        # The tokenizer's arguments (max_length, padding_side, ...) reach feature extractors too: these are for it.
        kept = {name: kwargs[name] for name in ("sampling_rate", "return_tensors") if kwargs.get(name) is not None}
        features = self.feature_extractor(audio, **kept)
        tokens = [count_audio_tokens(frames) for frames in features["feature_attention_mask"].sum(-1).tolist()]
        replacements = []
        start = 0
        for windows in features.pop("num_windows").tolist():
            replacements.append(self.audio_token * sum(tokens[start : start + windows]))
            start += windows
        return features, replacements

    def apply_chat_template(self, conversation: Any, chat_template: str | None = None, **kwargs: Any) -> Any:
        """Render messages, and with `tokenize=True` load and encode their recordings.

        Control tokens that a user spells out in a message are encoded as plain text and never act as such
        (`sanitize_control_tokens=False` lets them act; with `return_assistant_tokens_mask` they are not looked for).

        A recording is a content part `{"type": "audio", KEY: SOURCE}` with KEY one of `audio`, `url`, `path`,
        `audio_url`, and SOURCE anything that `load_audio` takes, or OpenAI's `{"type": "input_audio", "input_audio":
        {"data": BASE64, "format": "wav"}}`. The paper's system prompt is put in front unless the messages begin with
        one of their own. See transformers' `ProcessorMixin.apply_chat_template`.

        Several conversations that are to be answered are padded on the left, since an answer goes on where its prompt
        ends; `padding_side` overrides it.

        With `return_assistant_tokens_mask` rows are for training, so `truncation` refuses those longer than
        `max_length` and cuts none, and a recording whose part holds an `augmentation` is varied (see
        [`Augmentation`]); where nothing is trained such a part is refused. Whole conversations come back as a
        [`TrainingBatch`].

        Raises:
            ValueError: a message is malformed, or holds anything that is neither text nor a recording; tools,
                documents or recordings were passed that the template does not show; a recording cannot be read
                whole; or the answers are to be marked, and the template marks none, or a row is longer than
                `max_length`.
            OSError: a file is missing.
        """
        named = self.chat_template if isinstance(self.chat_template, dict) else {}
        template = str(named.get(chat_template or "default", chat_template or self.chat_template))
        kwargs = check_beside_messages(kwargs, template)
        if kwargs.get("processor_kwargs"):
            kwargs["processor_kwargs"] = check_beside_messages(kwargs["processor_kwargs"], template)
        conversations, batched = conversations_of(conversation)
        load = bool(kwargs.get("tokenize"))
        if not _BEFORE_5_23 and load and not kwargs.get("return_assistant_tokens_mask"):
            kwargs.setdefault("sanitize_control_tokens", True)
        if _BEFORE_5_23 and load and kwargs.get("return_assistant_tokens_mask"):
            raise ValueError(
                "return_assistant_tokens_mask marks the wrong tokens with transformers before 5.23, so training would "
                "learn something else than the answers: update transformers."
            )
        if (
            load
            and len(conversations) > 1
            and (kwargs.get("add_generation_prompt") or kwargs.get("continue_final_message"))
        ):
            kwargs = _padded_left(kwargs)
        limit = None
        training = bool(load and kwargs.get("return_assistant_tokens_mask"))
        if training:
            if fault := unmarked_answers(template):
                raise ValueError(fault)
            kwargs, limit = without_truncation(kwargs)
        tensors = None
        if training and kwargs.get("return_dict"):
            # The base class would make a tensor of where each token stands in the text, which takes longer than to
            # tokenize, and use it as a list.
            tensors = kwargs.pop("return_tensors", None)
            kwargs["return_tensors"] = None
        prepared = [
            [self._prepare_message(each, load, template, training) for each in messages] for messages in conversations
        ]
        encoded = super().apply_chat_template(prepared if batched else prepared[0], chat_template, **kwargs)
        if tensors not in (None, "auto"):
            encoded.convert_to_tensors(tensors)
        if limit is not None and kwargs.get("return_dict"):
            check_rows_are_whole(encoded["input_ids"], encoded.get("attention_mask"), limit)
        answered = all(messages[-1]["role"] == "assistant" for messages in prepared)
        if load and kwargs.get("return_dict") and answered and not kwargs.get("continue_final_message"):
            encoded = TrainingBatch(encoded.data)
            encoded.placeholder = self.audio_token_id
        return encoded

    def _adjust_assistant_masks_indices(self, processed_dict: dict[str, Any], generation_indices: list) -> dict:
        """As the base class, which walks the offsets one by one: a list of them is four times faster than a tensor."""
        offsets = processed_dict["offset_mapping"]
        processed_dict["offset_mapping"] = offsets.tolist() if hasattr(offsets, "tolist") else offsets
        return super()._adjust_assistant_masks_indices(processed_dict, generation_indices)

    def _prepare_message(self, message: dict, load: bool, template: str, training: bool) -> dict:
        """The message with each recording as a waveform, so that the base class has nothing to load or to miss."""
        hear = self._hear if load else lambda source: source
        prepared = prepared_message(message, hear, template, self._vary if training else None)
        if _BEFORE_5_23 and load and prepared["role"] != "assistant":
            self._refuse_control_tokens(prepared)
        return prepared

    def _refuse_control_tokens(self, message: dict) -> None:
        content = message["content"]
        written = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
        texts = [message["role"], *written]
        for token in special_tokens(self.tokenizer):
            if any(token in text for text in texts):
                raise ValueError(
                    f"A message spells out the control token {token}, which transformers before 5.23 cannot keep from "
                    "acting: take it out, or update transformers."
                )

    def _hear(self, source: Any) -> Any:
        """The waveform of a recording, (samples,)."""
        return load_audio(source, self.feature_extractor.sampling_rate, self.feature_extractor.max_duration)

    def _vary(self, waveform: Any, augmentation: Any) -> Any:
        """A variant of a recording (samples,), no longer than the longest that is heard unless it was."""
        extractor = self.feature_extractor
        generator = self._variants.generator(waveform)
        return Augmentation.of(augmentation).vary(waveform, extractor.sampling_rate, generator, extractor.max_duration)

    def parse_reasoning(self, text: str) -> Reasoning:
        """The sections of a decoded answer; see [`parse_reasoning`]."""
        return parse_reasoning(text)

    def reasoning_streamer(self, timeout: float | None = None) -> ReasoningStreamer:
        """For `generate(..., streamer=...)`: the sections as the model writes them; see [`ReasoningStreamer`]."""
        return ReasoningStreamer(self.tokenizer, timeout)

    def async_reasoning_streamer(self, timeout: float | None = None) -> AsyncReasoningStreamer:
        """The same for `async for`; see [`AsyncReasoningStreamer`]."""
        return AsyncReasoningStreamer(self.tokenizer, timeout)

    def reasoning_grammar(
        self,
        budgets: dict[str, int] | None = None,
        at_least: dict[str, int] | None = None,
        prompt_length: int | None = None,
    ) -> ReasoningGrammar:
        """For `generate(..., logits_processor=[...])`: keeps an answer well-formed; see [`ReasoningGrammar`].

        An answer ends as a turn does, by `<|im_end|>`, or by the tokenizer's own token. It begins where generation
        does, or behind `prompt_length` tokens, where the messages give its beginning (`continue_final_message`): one
        object for prompts of one length.
        """
        ends = {self.tokenizer.get_vocab().get("<|im_end|>"), self.tokenizer.eos_token_id} - {None}
        return ReasoningGrammar(
            self.tokenizer,
            budgets,
            eos_token_id=sorted(ends) or None,
            prompt_length=prompt_length,
            at_least=at_least,
        )

    @property
    def model_input_names(self) -> list[str]:
        return [*self.tokenizer.model_input_names, *self.feature_extractor.model_input_names]

    def to_dict(self) -> dict[str, Any]:
        """As the base class, with the code named as files beside the configuration."""
        return {**super().to_dict(), "auto_map": {"AutoProcessor": MODEL_AUTO_MAP["AutoProcessor"]}}

    def save_pretrained(self, save_directory: str | os.PathLike, push_to_hub: bool = False, **kwargs: Any) -> Any:
        """As the base class, with the code beside the configuration."""
        save_code(save_directory)
        return super().save_pretrained(str(save_directory), push_to_hub=push_to_hub, **kwargs)


def _padded_left(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `apply_chat_template` with padding on the left, unless they name a side."""
    given = kwargs.get("processor_kwargs") or {}
    if any("padding_side" in place for place in (kwargs, given, given.get("text_kwargs") or {})):
        return kwargs
    # Beside `padding`: transformers before 5.23 reads one of the two places.
    if "padding" in kwargs:
        return {**kwargs, "padding_side": "left"}
    return {**kwargs, "processor_kwargs": {**given, "padding_side": "left"}}


__all__ = ["AudioReasonerProcessor"]
