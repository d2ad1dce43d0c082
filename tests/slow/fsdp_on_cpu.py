"""TRL's script for SFT with FSDP2 on a machine without a GPU, started by `accelerate launch`.

    accelerate launch --config_file CONFIG tests/slow/fsdp_on_cpu.py --config RECIPE

accelerate takes an FSDP config on a CPU and passes over it in silence: each process would hold the whole model. Here
its state says FSDP, as it does where there are GPUs; all else is accelerate's own, TRL's and PyTorch's, over gloo.
"""

from __future__ import annotations

import runpy
from typing import Any

import trl.scripts.sft
from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType


_begin = AcceleratorState.__init__


def _with_sharding(self: AcceleratorState, *args: Any, fsdp_plugin: Any = None, **kwargs: Any) -> None:
    _begin(self, *args, fsdp_plugin=fsdp_plugin, **kwargs)
    if fsdp_plugin is not None:
        # Each later AcceleratorState() takes over what PartialState says.
        PartialState._shared_state["distributed_type"] = self.distributed_type = DistributedType.FSDP
        self.fsdp_plugin = fsdp_plugin


if __name__ == "__main__":
    AcceleratorState.__init__ = _with_sharding  # type: ignore[method-assign]
    runpy.run_path(trl.scripts.sft.__file__, run_name="__main__")
