#!/bin/bash
# Trains a recipe on several machines of a Slurm cluster: one task a machine, in which accelerate starts one process
# for each GPU.
#
# Needs a file system that all machines share, with this repository (submit from its root), its .venv (`make install`,
# or another environment's folder in VENV), the model and the data. Nothing is fetched: put both there first.
#
# Launch, from the repository's root, a recipe that names an accelerate config:
#   sbatch --nodes 2 recipes/slurm/several_nodes.sh recipes/audio-reasoner-7b/sft/config_full_zero3.yaml
# and one that names none:
#   sbatch --nodes 2 recipes/slurm/several_nodes.sh recipes/audio-reasoner-7b/sft/config_lora.yaml \
#     --accelerate_config recipes/accelerate_configs/several_nodes.yaml
#
# Override any key of the recipe after its name. A step has as many times more rows as there are more GPUs than the
# recipe was written for: divide gradient_accumulation_steps, or raise learning_rate. A run that was ended goes on with
# --resume_from_checkpoint OUTPUT_DIR/checkpoint-N.
#
#SBATCH --job-name=audio-reasoner
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --mem=0
#SBATCH --exclusive
#SBATCH --time=24:00:00
#SBATCH --output=%x-%j.log

set -euo pipefail

if [ $# -eq 0 ]; then
  echo "Name a recipe: sbatch --nodes N recipes/slurm/several_nodes.sh recipes/…/config_….yaml" >&2
  exit 2
fi
RECIPE=$1
shift

GPUS=${SLURM_GPUS_ON_NODE:-8}
# Not through `head`: where it ends before scontrol has written all, pipefail would end the job.
NODES=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
FIRST=${NODES%%$'\n'*}
# One job's port for all machines, and another one's beside it.
PORT=$((20000 + SLURM_JOB_ID % 10000))
export PATH="${VENV:-$PWD/.venv}/bin:$PATH" HF_HUB_OFFLINE=1

# From Slurm 22.05 on srun takes the job's --cpus-per-task from this variable alone: a task without it gets one core.
if [ -n "${SLURM_CPUS_PER_TASK:-}" ]; then
  export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
fi
# SLURM_NODEID is each machine's own, so it is read where the task runs.
srun --kill-on-bad-exit=1 bash -c 'exec trl sft --config "$@" --machine_rank "$SLURM_NODEID"' several_nodes \
  "$RECIPE" "$@" --num_machines "$SLURM_NNODES" --num_processes "$((SLURM_NNODES * GPUS))" \
  --main_process_ip "$FIRST" --main_process_port "$PORT"
