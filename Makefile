# `make` lists the targets. Each sets up what it needs and does nothing twice.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

SHELL := /bin/sh
# The commands below are found in .venv; `. .venv/bin/activate` does the same for a shell.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export TOKENIZERS_PARALLELISM := false
# Set in many containers; with it, every process would compile anew what install.sh leaves to the first import.
unexport PYTHONDONTWRITEBYTECODE
READY := .venv/.installed
CODE := modeling_audio_reasoner dataset_builder evaluation recipes app benchmarks examples tests docs setup.py
CODE_HERE = $(wildcard $(CODE))
MINI := recipes/audio-reasoner-mini

.PHONY: help install demo test quality style slow test-oldest test-lowest test-newest test-quantization audit gpu bench site clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | while read -r name text; do printf '  make %-17s %s\n' "$$name" "$$text"; done

install: $(READY) ## make .venv, with the system packages it needs

$(READY): setup.py constraints.txt install.sh
	sh install.sh

test: $(READY) ## run the tests, without the slow ones and those for a GPU
	python -m pytest -m "not slow and not gpu" -n 2 --dist loadfile

quality: $(READY) ## check style and types, changing nothing
	ruff check $(CODE_HERE)
	ruff format --check $(CODE_HERE)
	mypy

style: $(READY) ## mend style
	ruff check --fix $(CODE_HERE)
	ruff format $(CODE_HERE)

slow: $(READY) ## run the tests that take minutes
	python -m pytest --slow -m slow

# The oldest transformers that setup.py allows, with what it needs, in front of what .venv holds.
OLDEST := $(shell sed -n 's/.*"transformers>=\([0-9.]*\),.*/\1/p' setup.py)
.venv/oldest-$(OLDEST): $(READY)
	rm -rf $@ $@.partial
	python -m pip --disable-pip-version-check install -q --target $@.partial "transformers==$(OLDEST).*" "huggingface_hub<2"
	mv $@.partial $@

test-oldest: .venv/oldest-$(OLDEST) ## run the model's tests with the oldest transformers it works with
	PYTHONPATH=$(CURDIR)/$< python -m pytest tests/modeling_audio_reasoner

# The oldest and the newest of each package that setup.py allows, torch apart, each in an environment of its own.
RESOLUTION_lowest := lowest-direct
RESOLUTION_newest := highest
.PRECIOUS: .venv-%/.installed
.venv-%/.installed: setup.py install.sh
	VENV=.venv-$* RESOLUTION=$(RESOLUTION_$*) sh install.sh

test-lowest: ## run the tests with the oldest packages that setup.py allows
test-newest: ## run the tests with the newest packages that setup.py allows
test-lowest test-newest: test-%: .venv-%/.installed
	PATH=$(CURDIR)/$(<D)/bin:$$PATH python -m pytest -m "not slow and not gpu" -n 2 --dist loadfile

# Beside .venv, as transformers imports torchao wherever it finds it, which prints warnings.
.venv/quantization: $(READY)
	rm -rf $@ $@.partial
	python -m pip --disable-pip-version-check install -q --no-deps --constraint constraints.txt --target $@.partial bitsandbytes torchao
	mv $@.partial $@

test-quantization: .venv/quantization ## run the tests with weights in 4 and 8 bits
	PYTHONPATH=$(CURDIR)/$< python -m pytest tests/modeling_audio_reasoner/test_quantization.py

# Beside .venv: it brings dependencies of its own.
.venv/audit: $(READY)
	rm -rf $@ $@.partial
	python -m pip --disable-pip-version-check install -q --target $@.partial "pip-audit>=2.9,<3"
	mv $@.partial $@

audit: .venv/audit ## hold the pinned dependencies against PyPI's advisories
	PYTHONPATH=$(CURDIR)/$< python -m pip_audit --requirement constraints.txt --no-deps --disable-pip --strict

gpu: $(READY) ## run the tests and the benchmarks for a CUDA GPU, which say so where there is none
	python -m pytest tests/gpu
	@python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' || { echo "No CUDA GPU: no benchmarks."; exit 0; }; \
	set -x; python benchmarks/bench_encoder.py --layers 32 && python benchmarks/bench_generation.py --layers 32 && python benchmarks/bench_lora.py --layers 32

# bench_answering.py needs the demo's model, which `make demo` trains; bench_lora.py is for a GPU.
bench: $(READY) ## run the benchmarks, which print ratios of one run
	@for script in $(filter-out benchmarks/bench_lora.py,$(wildcard benchmarks/bench_*.py)); do (set -x; python $$script) || exit 1; done
	python benchmarks/write_tables.py

site: $(READY) ## write the documents as a site into ./site
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
	printf '%s\n' 'Written: site/index.html'

clean: ## remove what the demo, the tests and the builds wrote, not .venv and not the recordings
	rm -rf cota cota.build demo site trainer_output build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

# ---- The demo: recordings -> CoTA -> training -> held-out answers -> report. One target a step, skipped when its
# result is there. Where a step's last file may be there although the step was killed, a marker is touched after it.

STEPS := cota/README.md demo/encoder/config.json demo/text_initial/config.json demo/text_warmup/README.md \
	demo/text/config.json demo/composed/config.json demo/model/.trained \
	demo/evaluation/results.json demo/model/README.md demo/held_out.flac demo/.asked demo/report.html

# Nothing in the demo needs the Hub; without this, some libraries ask it and wait.
demo: export HF_HUB_OFFLINE := 1
demo: demo/report.html ## do the main job on real recordings, and say where the report is
	@printf '\nThe report is %s; its figures are in %s.\n' $(CURDIR)/demo/report.html $(CURDIR)/demo/report.json

$(STEPS): | $(READY)

cota/README.md: | $(MINI)/cota.yaml
	audio-reasoner fetch
	audio-reasoner build $(MINI)/cota.yaml

# Made anew when the code of the recipes changes, and all that follows with it.
demo/text_initial/config.json: $(MINI)/text/config_initial.yaml cota/README.md $(wildcard recipes/*.py)
	python recipes/init_text_model.py --config $(MINI)/text/config_initial.yaml

demo/text_warmup/README.md: cota/README.md demo/text_initial/config.json
	python recipes/text_warmup_data.py --dataset cota --output demo/text_warmup

demo/text/config.json: $(MINI)/text/config_demo.yaml demo/text_initial/config.json demo/text_warmup/README.md
	python recipes/warm_up_text.py --config $(MINI)/text/config_demo.yaml

demo/encoder/config.json: $(MINI)/encoder/config_demo.yaml demo/text/config.json cota/README.md
	python recipes/warm_up_encoder.py --config $(MINI)/encoder/config_demo.yaml

demo/composed/config.json: demo/encoder/config.json demo/text/config.json
	audio-reasoner compose --audio demo/encoder --text demo/text demo/composed

demo/model/.trained: $(MINI)/sft/config_demo.yaml demo/composed/config.json cota/README.md
	trl sft --config $(MINI)/sft/config_demo.yaml
	@touch $@

demo/evaluation/results.json: demo/model/.trained cota/README.md
	audio-reasoner evaluate cota --model demo/model --data cota --output demo/evaluation --max-tokens 512 --batch-size 64 \
		--ablate silence --ablate shuffle

demo/model/README.md: demo/evaluation/results.json
	audio-reasoner card demo/model --evaluation demo/evaluation --recipe $(MINI)/sft/config_demo.yaml --overwrite

demo/held_out.flac: cota/README.md
	audio-reasoner extract cota --config spoken_language --output demo/held_out

demo/.asked: demo/held_out.flac demo/model/README.md
	audio-reasoner ask demo/held_out.flac "$$(cat demo/held_out.txt)" --model demo/model
	@touch $@

demo/report.html: demo/evaluation/results.json demo/model/README.md demo/.asked
	audio-reasoner report --output demo
