"""What teachers are told, a file each; `prompt_file` reads them. Knows nothing of teachers or stages."""

from .prompt_file import PromptFile, read_prompt


__all__ = ["PromptFile", "read_prompt"]
