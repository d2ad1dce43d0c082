"""Answers that cannot leave the grammar, and budgets by section."""

from __future__ import annotations

import pytest
import torch

from modeling_audio_reasoner import SECTIONS, TAGS, Reasoning, ReasoningGrammar, parse_reasoning
from modeling_audio_reasoner.token_masks_audio_reasoner import GrammarState, token_texts


ANSWER = Reasoning("Écoute <b> </x>", "a <PLAN of 🔔", "3 < 4 << 5", "yes", "bell").render()
VOCABULARY = 300


def spell(tokenizer, text: str) -> list[int]:
    return tokenizer(text).input_ids


def generate(tokenizer, grammar: ReasoningGrammar, scores: torch.Tensor, length: int) -> str:
    """The answer that is drawn greedily from fixed scores (steps, vocabulary), as `generate` would draw it."""
    ids = torch.tensor([[5, 6, 7]])
    for step in range(length):
        token = int(grammar(ids, scores[step : step + 1])[0].argmax())
        if token == tokenizer.eos_token_id:
            return tokenizer.decode(ids[0, 3:])
        ids = torch.cat([ids, torch.tensor([[token]])], dim=1)
    return tokenizer.decode(ids[0, 3:])


def random_scores(tokenizer, steps: int, seed: int) -> torch.Tensor:
    """Scores with a liking for what makes tags, so that wrong ones are tried all the time."""
    scores = torch.randn(steps, len(tokenizer), generator=torch.Generator().manual_seed(seed))
    for text in "</>":
        scores[:, spell(tokenizer, text)] += 1.5
    scores[:, len(tokenizer) - 20 :] += 1.0
    return scores


@pytest.mark.parametrize("spaces", ["", "\n", " \n\t"])
def test_a_well_formed_answer_is_not_touched(tokenizer, spaces):
    text = ANSWER.replace("><", f">{spaces}<") + spaces
    wanted = [*spell(tokenizer, text), tokenizer.eos_token_id]
    if spaces:
        wanted.pop()
    scores = torch.zeros(len(wanted), len(tokenizer))
    scores[torch.arange(len(wanted)), torch.tensor(wanted)] = 1.0
    grammar = ReasoningGrammar(tokenizer)
    ids = torch.tensor([[5, 6, 7]])
    for step, token in enumerate(wanted):
        if len(tokenizer.decode(ids[0, 3:])) >= len(text.rstrip()):
            break  # white space after the end is left out: the answer ends there
        assert int(grammar(ids, scores[step : step + 1])[0].argmax()) == token, tokenizer.decode(ids[0, 3:])
        ids = torch.cat([ids, torch.tensor([[token]])], dim=1)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_model_likes_the_answer_is_well_formed(tokenizer, seed):
    budgets = dict.fromkeys(SECTIONS, 7)
    text = generate(tokenizer, ReasoningGrammar(tokenizer, budgets), random_scores(tokenizer, 400, seed), 400)
    answer = parse_reasoning(text)
    assert answer.complete, (text, answer.problems)


def test_without_the_grammar_the_same_scores_are_not(tokenizer):
    text = tokenizer.decode(random_scores(tokenizer, 400, 0).argmax(-1))
    assert not parse_reasoning(text).complete


def test_budgets_close_their_sections_alone(tokenizer):
    letter = spell(tokenizer, "a")[0]
    scores = torch.zeros(300, len(tokenizer))
    scores[:, letter] = 1.0
    text = generate(tokenizer, ReasoningGrammar(tokenizer, {"planning": 5, "caption": 2}), scores, 120)
    assert text.startswith("<THINK><PLANNING>aaaaa</PLANNING><CAPTION>aa</CAPTION><REASONING>aaaaaaaa")
    assert "</REASONING>" not in text


def test_a_budget_longer_than_the_section_changes_nothing(tokenizer):
    wanted = spell(tokenizer, ANSWER)
    scores = torch.zeros(len(wanted), len(tokenizer))
    scores[torch.arange(len(wanted)), torch.tensor(wanted)] = 1.0
    grammar = ReasoningGrammar(tokenizer, dict.fromkeys(SECTIONS, 100))
    assert generate(tokenizer, grammar, scores, len(wanted)) == ANSWER


def test_a_section_that_must_be_longer_is_not_closed_before(tokenizer):
    """A model that would close at once, by a tag of one token or letter by letter, goes on until it may."""
    closing = spell(tokenizer, "</PLANNING>")[0]
    letter, bracket, slash = (spell(tokenizer, text)[0] for text in "a</")
    for liked in ([closing], [bracket, slash]):
        scores = torch.zeros(60, len(tokenizer))
        scores[:, letter] = 1.0
        for rank, token in enumerate(liked):
            scores[:, token] = 3.0 + rank
        grammar = ReasoningGrammar(tokenizer, {"planning": 9}, at_least={"planning": 7})
        text = generate(tokenizer, grammar, scores, 40)
        section = text.removeprefix("<THINK><PLANNING>").partition("</PLANNING>")[0]
        assert text.startswith("<THINK><PLANNING>") and "</PLANNING>" in text
        assert 7 <= len(spell(tokenizer, section)) <= 9, text
    free = generate(tokenizer, ReasoningGrammar(tokenizer), scores, 40)
    assert free.startswith("<THINK><PLANNING>")


def test_rows_of_a_batch_and_reordered_rows_are_read_apart(tokenizer):
    """Beam search hands rows over in another order, with histories that were not seen in the call before."""
    one, other = spell(tokenizer, "<THINK><PLANNING>aa"), spell(tokenizer, "<THINK><PLANNING>a<")
    scores = torch.zeros(2, len(tokenizer))
    prompt = [5, 6, 7]
    grammar = ReasoningGrammar(tokenizer, prompt_length=3)
    both = grammar(torch.tensor([prompt + one, prompt + other]), scores)
    swapped = ReasoningGrammar(tokenizer, prompt_length=3)(torch.tensor([prompt + other, prompt + one]), scores)
    torch.testing.assert_close(both, swapped.flip(0))
    again = grammar(torch.tensor([prompt + other, prompt + one]), scores)
    torch.testing.assert_close(again, swapped)


def test_generate_takes_it(model, processor, encode, ask_about, clips):
    """A model of random weights answers well-formed, sampled and in a batch; without, it does not."""
    inputs = encode([ask_about(clip)[0:1] for clip in clips(0.5, 1.0)])
    start = inputs["input_ids"].shape[1]
    torch.manual_seed(0)
    for kwargs in ({"do_sample": False}, {"do_sample": True}):
        free = model.generate(**inputs, max_new_tokens=30, **kwargs)
        grammar = ReasoningGrammar(processor.tokenizer, dict.fromkeys(SECTIONS, 4))
        held = model.generate(**inputs, max_new_tokens=220, logits_processor=[grammar], **kwargs)
        for row in free[:, start:]:
            assert not parse_reasoning(processor.tokenizer.decode(row, skip_special_tokens=True)).complete
        for row in held[:, start:]:
            answer = parse_reasoning(processor.tokenizer.decode(row, skip_special_tokens=True))
            assert answer.complete, answer.problems


def test_it_can_be_used_for_another_prompt(tokenizer):
    """The next prompt may be of any length, and the same rows may come in another number."""
    grammar, scores = ReasoningGrammar(tokenizer), torch.zeros(1, len(tokenizer))
    opened = spell(tokenizer, "<THINK><PLANNING>a")
    for prompt in ([5, 6, 7], [5, 6, 7, 8, 9, 10, 11, 12], [5]):
        fresh = ReasoningGrammar(tokenizer)
        for end in range(len(opened) + 1):
            ids = torch.tensor([prompt + opened[:end]])
            torch.testing.assert_close(grammar(ids, scores), fresh(ids, scores))


def test_the_beginning_of_an_answer_may_be_given(model, processor, ask_about, clips):
    """`continue_final_message`: what is given counts, in the grammar and in the budget of its section."""
    messages = ask_about(*clips(0.5))
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    prompt = processor.apply_chat_template(messages, add_generation_prompt=True, **options)["input_ids"].shape[1]
    given = "<THINK><PLANNING>I listen.</PLANNING><CAPTION>It r"
    begun = [*messages, {"role": "assistant", "content": given}]
    inputs = processor.apply_chat_template(begun, continue_final_message=True, **options)
    assert processor.tokenizer.decode(inputs["input_ids"][0, prompt:]) == given
    grammar = processor.reasoning_grammar({**dict.fromkeys(SECTIONS, 3), "caption": 7}, prompt_length=prompt)
    tokens = model.generate(**inputs, max_new_tokens=120, do_sample=False, logits_processor=[grammar])[0, prompt:]
    text = processor.tokenizer.decode(tokens, skip_special_tokens=True)
    answer = parse_reasoning(text)
    assert text.startswith(given) and answer.complete
    assert 4 < len(text.partition("<CAPTION>")[2].partition("</CAPTION>")[0]) <= 7


def test_two_turns_take_one_object(model, processor, ask_about, clips):
    """The second prompt begins with the first one and its answer."""
    messages = ask_about(*clips(0.5))
    grammar = processor.reasoning_grammar(dict.fromkeys(SECTIONS, 3))
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt", "add_generation_prompt": True}
    for turn in range(3):
        inputs = processor.apply_chat_template(messages, **options)
        tokens = model.generate(**inputs, max_new_tokens=160, do_sample=False, logits_processor=[grammar])
        text = processor.tokenizer.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        assert parse_reasoning(text).complete, (turn, text)
        messages += [{"role": "assistant", "content": text}, {"role": "user", "content": "And now?"}]


def test_tokens_that_assisted_generation_takes_back(model, processor, encode, ask_about, clips):
    """Guesses at several tokens, most of them wrong, change nothing of the answer."""
    inputs = encode(ask_about(*clips(0.5)))
    grammar = processor.reasoning_grammar(dict.fromkeys(SECTIONS, 4))
    options = {"do_sample": False, "max_new_tokens": 200, "logits_processor": [grammar]}
    expected = model.generate(**inputs, **options)
    text = processor.tokenizer.decode(expected[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert parse_reasoning(text).complete
    assert torch.equal(model.generate(**inputs, **options, prompt_lookup_num_tokens=3), expected)


def test_generations_that_take_turns_are_refused(tokenizer):
    """As two threads with one object: each would be read as new at every token."""
    grammar, scores = ReasoningGrammar(tokenizer), torch.zeros(1, len(tokenizer))
    opened = spell(tokenizer, "<THINK>")
    for tokens in ([5, 6, 7], [8, 9], [5, 6, 7, *opened]):
        grammar(torch.tensor([tokens]), scores)
    with pytest.raises(ValueError, match="Two generations take turns with one ReasoningGrammar"):
        grammar(torch.tensor([[8, 9, *opened]]), scores)


@pytest.mark.parametrize("prompt_length", [None, 3])
def test_a_generation_is_resumed_after_another(tokenizer, prompt_length):
    """What was cut off goes on where it stood, and so does a prompt whose answer is begun by the messages."""
    grammar, scores = ReasoningGrammar(tokenizer, prompt_length=prompt_length), torch.zeros(1, len(tokenizer))
    opened, planning = spell(tokenizer, "<THINK>"), spell(tokenizer, "<PLANNING>")
    for prompt in ([5, 6, 7], [8, 9, 4]):
        for count in range(len(opened) + 1):
            allowed = grammar(torch.tensor([[*prompt, *opened[:count]]]), scores)[0].isfinite()
            assert allowed[spell(tokenizer, "<THINK>")[0]] == (count == 0)
    resumed = grammar(torch.tensor([[5, 6, 7, *opened, *planning]]), scores)[0].isfinite()
    assert not resumed[planning[0]] and not resumed[opened[0]] and resumed[spell(tokenizer, "a")[0]]


def test_a_prompt_length_is_for_prompts_of_that_length(tokenizer):
    """Every generation is asked anew, whatever the object has read before."""
    grammar, scores = ReasoningGrammar(tokenizer, prompt_length=4), torch.zeros(1, len(tokenizer))
    grammar(torch.tensor([[5, 6, 7, 8]]), scores)
    with pytest.raises(ValueError, match="prompt_length is 4, and generation begins behind 3 tokens"):
        grammar(torch.tensor([[5, 6, 7]]), scores)
    with pytest.raises(ValueError, match="No well-formed answer begins with 'question'"):
        grammar(torch.tensor([[9, 8, 7, 6, *spell(tokenizer, "question")]]), scores)


def test_embeddings_in_the_place_of_tokens(model, processor, encode, ask_about):
    """`generate` shows none of their tokens: an answer begins with generation."""
    prompt = encode(ask_about(question="What?"))["input_ids"]
    inputs = {"inputs_embeds": model.get_input_embeddings()(prompt).detach(), "max_new_tokens": 160}
    budgets = dict.fromkeys(SECTIONS, 3)
    grammar = processor.reasoning_grammar(budgets)
    for _ in range(2):
        tokens = model.generate(**inputs, do_sample=False, logits_processor=[grammar])
        assert parse_reasoning(processor.tokenizer.decode(tokens[0], skip_special_tokens=True)).complete
    grammar = processor.reasoning_grammar(budgets, prompt_length=prompt.shape[1])
    with pytest.raises(ValueError, match="generation begins behind 0 tokens: .* leave it out with inputs_embeds"):
        model.generate(**inputs, logits_processor=[grammar])


def test_a_token_beyond_the_tokenizers_vocabulary(tokenizer):
    """Beams without a token that may follow take any, and a model's vocabulary may exceed its tokenizer's."""
    scores = torch.zeros(1, len(tokenizer) + 9)
    grammar = ReasoningGrammar(tokenizer)
    grammar(torch.tensor([[5]]), scores)
    held = grammar(torch.tensor([[5, len(tokenizer) + 3]]), scores)
    assert not held[0, len(tokenizer) :].isfinite().any() and held[0, spell(tokenizer, "<THINK>")[0]].isfinite()


@pytest.mark.parametrize("given", ["Well, ", "<THINK><CAPTION>", "<THINK><PLANNING></PLANNING>"])
def test_no_answer_begins_so(tokenizer, given):
    ids = torch.tensor([[5, 6, 7, *spell(tokenizer, given)]])
    with pytest.raises(ValueError, match="No well-formed answer begins with .* the prompt's 3 tokens"):
        ReasoningGrammar(tokenizer, prompt_length=3)(ids, torch.zeros(1, len(tokenizer)))


def test_beams_stay_inside_the_grammar(model, processor, encode, ask_about, clips):
    inputs = encode(ask_about(*clips(0.5)))
    grammar = processor.reasoning_grammar(dict.fromkeys(SECTIONS, 3))
    options = {"num_beams": 3, "do_sample": False, "max_new_tokens": 120, "logits_processor": [grammar]}
    tokens = model.generate(**inputs, **options)[0, inputs["input_ids"].shape[1] :]
    assert parse_reasoning(processor.tokenizer.decode(tokens, skip_special_tokens=True)).complete


def test_an_answer_may_end_as_a_turn_does(processor, tokenizer):
    """Qwen2-Audio's tokenizer ends a text by `<|endoftext|>`, the chat template a turn by `<|im_end|>`."""
    whole = torch.tensor([[5, *spell(tokenizer, ANSWER)]])
    scores = torch.zeros(1, len(tokenizer))
    both = [tokenizer.convert_tokens_to_ids(token) for token in ("<|im_end|>", "<|endoftext|>")]
    found = ReasoningGrammar(tokenizer, eos_token_id=both, prompt_length=1)(whole, scores)
    assert found[0].isfinite().nonzero().flatten().tolist() == sorted(both)
    assert both[0] in processor.reasoning_grammar()._masks._ends


def test_another_processor_cannot_leave_it_without_a_token(tokenizer):
    scores = torch.full((1, len(tokenizer)), float("-inf"))
    scores[0, spell(tokenizer, "x")[0]] = 1.0
    held = ReasoningGrammar(tokenizer)(torch.tensor([[5, 6]]), scores)
    assert held.isfinite().any() and not held[0, spell(tokenizer, "x")[0]].isfinite()


def test_tokens_that_lose_their_space_alone_are_read_with_it():
    """SentencePiece's `▁ING` decodes to "ING" by itself, and behind `</PLANN` to " ING": no tag."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<unk>", "</s>", "a", "▁a", "▁ING", "ING", "▁<THINK><PLANNING>", "</PLANN", ">", "▁"]
    words += [character for character in sorted({c for tag in TAGS for c in tag}) if character not in words]
    backend = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    metaspace = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>", unk_token="<unk>")
    texts = token_texts(metaspace, {0, 1})
    assert (texts[words.index("▁ING")], texts[words.index("ING")]) == (" ING", "ING")


def test_a_large_vocabulary_is_read_once(tokenizer):
    """A second object for the same tokenizer shares what the first worked out."""
    one, other = ReasoningGrammar(tokenizer), ReasoningGrammar(tokenizer, {"planning": 3})
    assert one._masks is other._masks


def test_a_tag_that_is_due_later_is_refused_and_text_like_a_tag_is_not():
    state = GrammarState().after("<THINK><PLANNING>x")
    assert state is not None and state.section == "planning"
    assert state.after("</PLANNING>") is not None
    assert state.after("</CAPTION>") is None
    assert state.after("</CAPTIONS>") is not None
    assert GrammarState().after("<THINK><PLANNING> </PLANNING>") is None
    assert GrammarState().after("Well, <THINK>") is None


def test_white_space_does_not_go_on_for_ever(tokenizer):
    """A model that likes nothing better than a space still answers."""
    scores = torch.zeros(400, len(tokenizer))
    scores[:, spell(tokenizer, " ")[0]] = 1.0
    text = generate(tokenizer, ReasoningGrammar(tokenizer, dict.fromkeys(SECTIONS, 12)), scores, 400)
    assert parse_reasoning(text).complete


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"budgets": {"thought": 3}}, "budgets names 'thought', which is no section"),
        ({"budgets": {"planning": 0}}, "The budget of 'planning' is 0"),
        ({"budgets": {"planning": 2.5}}, "The budget of 'planning' is 2.5"),
        ({"at_least": {"planning": 0}}, "at_least of 'planning' is 0"),
        ({"at_least": {"thought": 3}}, "at_least names 'thought', which is no section"),
        ({"budgets": 5}, "budgets is a int: give tokens by section"),
        ({"at_least": ["planning"]}, "at_least is a list: give tokens by section"),
        ({"prompt_length": -1}, "prompt_length is -1"),
        ({"prompt_length": True}, "prompt_length is True"),
        ({"budgets": {"planning": 3}, "at_least": {"planning": 4}}, "is 3, less than the 4 tokens"),
    ],
)
def test_impossible_budgets_are_refused(tokenizer, arguments, message):
    with pytest.raises(ValueError, match=message):
        ReasoningGrammar(tokenizer, **arguments)
