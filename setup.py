"""Packages audio-reasoner: `pip install .` for the model alone, `pip install '.[build,train,eval]'` for the rest."""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py


ROOT = Path(__file__).parent
PACKAGES = ["modeling_audio_reasoner", "dataset_builder", "evaluation", "app"]
MODEL_CARD = "model_card.md"

# torchcodec is what `datasets` decodes an Audio column with; `make install` pins the newest CPU build.
AUDIO_DATASETS = ["datasets>=5.2,<6", "torchcodec>=0.13,<0.18"]

INSTALL_REQUIRES = [
    "torch>=2.8,<3",
    "numpy>=1.26,<3",
    "transformers>=5.17,<6",
    "jinja2>=3.1.6,<4",
    "soundfile>=0.13,<1",
    "soxr>=0.5,<2",
    "typer>=0.20,<1",
    "rich>=13.8,<16",
]

EXTRAS_REQUIRE = {
    "build": [
        *AUDIO_DATASETS,
        "aiohttp>=3.14.4,<4",
        "datatrove>=0.10.1,<0.11",
        "librosa>=0.11,<1",
        "loguru>=0.7,<1",
        "matplotlib>=3.9,<4",
        "onnxruntime>=1.20,<2",
        "openai[aiohttp]>=3.40,<4",
        "orjson>=3.10,<4",
        "py3langid>=0.4,<1",
        "pyacoustid>=1.3,<2",
        "pyarrow>=24,<27",
        "pydantic>=2.11,<3",
        "pyloudnorm>=0.2,<1",
        "pyyaml>=6.0.1,<7",
        "scikit-learn>=1.5,<2",
        "scipy>=1.13,<2",
        "silero-vad>=6.2.3,<7",
        "tqdm>=4.60,<5",
        "xxhash>=3.5,<5",
    ],
    "ray": ["ray[default]>=2.50,<3"],
    "google": ["google-genai>=3,<4"],
    "train": [
        *AUDIO_DATASETS,
        # Before these there is no loss on the assistant's tokens beside recordings. Python 3.10 has none of them.
        "transformers>=5.23,<6; python_version >= '3.11'",
        "trl>=1.16,<2; python_version >= '3.11'",
        "trl>=1.14,<2; python_version < '3.11'",
        "peft>=0.21,<1",
        "accelerate>=1.15,<2",
        "tokenizers>=0.22,<1",
        "matplotlib>=3.9,<4",
        "pyyaml>=6.0.1,<7",
        "tqdm>=4.60,<5",
        "trackio>=0.43,<1",
    ],
    "eval": [
        *AUDIO_DATASETS,
        "pyarrow>=24,<27",
        "scipy>=1.13,<2",
        "matplotlib>=3.9,<4",
        "huggingface_hub>=1.31,<3",
        "inspect-ai>=0.3.285,<0.4; python_version >= '3.11'",
        "openai>=3.40,<4",
        "sacrebleu>=2.4,<3",
        "safetensors>=0.5,<1",
    ],
    "serve": [
        "transformers[serving]",
        "aiohttp>=3.14.4,<4",
        "h11>=0.16,<1",
        "prometheus_client>=0.20,<1",
        "pydantic>=2.11,<3",
        "starlette>=1,<2",
        "uvicorn>=0.40,<1",
    ],
    "quantization": ["bitsandbytes>=0.46.1,<1", "torchao>=0.15,<1"],
    "app": ["gradio>=6.29.1,<7", "matplotlib>=3.9,<4"],
    # torchaudio's wheels are linked against CUDA: beside a CPU-only torch they break `import transformers`.
    "gpu": ["flash-attn>=2.8,<3", "torchaudio>=2.8,<3", "kernels>=0.18,<0.19"],
    "dev": [
        "axe-playwright-python>=0.1.4,<0.2",
        "ipykernel>=6.29,<8",
        "nbclient>=0.10,<1",
        "playwright>=1.50,<2",
        "psutil>=6,<8",
        "pytest>=8.3,<10",
        "pytest-xdist>=3.6,<4",
        "hypothesis>=6.100,<7",
        'mkdocs-material>=9.6,<10; python_version >= "3.11"',
        "ruff>=0.14,<1",
        "mypy>=1.15,<3",
    ],
}


class BuildWithModelCard(build_py):
    """Puts the model card's template into the package that renders it.

    The template stays at the repository's root, where people look for it; an editable install reads it there.
    """

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            folder = Path(self.build_lib) / "evaluation"
            self.mkpath(str(folder))
            self.copy_file(str(ROOT / MODEL_CARD), str(folder / MODEL_CARD))


setup(
    name="audio-reasoner",
    version="0.1.0",
    description="Audio-Reasoner for the Hugging Face ecosystem: build CoTA, train with TRL, ask about a recording.",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    packages=find_packages(include=[pattern for name in PACKAGES for pattern in (name, f"{name}.*")]),
    package_data={
        "modeling_audio_reasoner": ["*.jinja"],
        "dataset_builder": ["**/*.yaml", "**/*.md", "**/*.txt", "**/*.jinja"],
        "evaluation": ["**/*.html", "**/*.css", "**/*.md", "**/*.jinja"],
        "app": ["**/*.html", "**/*.css", "**/*.js"],
    },
    install_requires=INSTALL_REQUIRES,
    extras_require=EXTRAS_REQUIRE,
    entry_points={
        "console_scripts": ["audio-reasoner = app.main:run"],
        "inspect_ai": ["evaluation = evaluation.inspect_entry"],
    },
    cmdclass={"build_py": BuildWithModelCard},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        "Topic :: Multimedia :: Sound/Audio :: Analysis",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
