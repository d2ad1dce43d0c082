"""Writes the tables of README and docs that come from tests and benchmarks, between their markers.

    python benchmarks/write_tables.py [--check]

`differences`: the first two lines of the docstrings in tests/modeling_audio_reasoner/test_stock_defects.py.
`benchmarks` and `limits`: the ratios, and the share of what the machine can do, in benchmarks/results/, measured on a
CPU; `evaluation` and `serving` likewise. `fingerprints`: the shares in benchmarks/results/fingerprint.json.
`build_…`: see build_tables.py and build_figures.py. `check_recall`: see check_recall.py. `ablation…`: see
ablation_tables.py. `training…` and `feed…`: see training_tables.py. `commands`: see command_tables.py. With `--check`
nothing is written, and a table that differs is an error.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from pathlib import Path


ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests" / "modeling_audio_reasoner" / "test_stock_defects.py"
RESULTS = ROOT / "benchmarks" / "results"
PAGES = (
    "README.md",
    "docs/model.md",
    "docs/train.md",
    "docs/building.md",
    "docs/prompts.md",
    "docs/ablations.md",
    "docs/evaluate.md",
    "docs/serve.md",
    "docs/commands.md",
)
MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def differences() -> str:
    """A row for each test: what the stock class does, what this one does, and the test that shows both."""
    rows = ["| transformers' Qwen2-Audio | this model | shown by |", "|---|---|---|"]
    for item in ast.parse(TESTS.read_text(encoding="utf-8")).body:
        if isinstance(item, ast.FunctionDef) and item.name.startswith("test_"):
            stock, ours = (line.strip().rstrip(".") for line in (ast.get_docstring(item) or "").splitlines()[:2])
            rows.append(f"| {stock} | {ours} | `{item.name}` |")
    return "\n".join(rows) + "\n"


def benchmarks() -> str:
    """A row for each line of the results: how many times longer the stock class takes, by threads."""
    rows = ["| | threads | this model | transformers' Qwen2-Audio | ratio |", "|---|---:|---:|---:|---:|"]
    for file in (RESULTS / f"{name}.json" for name in ("encoder", "generation", "answering")):
        for row in json.loads(file.read_text(encoding="utf-8"))["rows"] if file.is_file() else ():
            took = [_amount(row[key], row["unit"]) for key in ("ours", "stock")]
            rows.append(f"| {row['what']} | {row['threads']} | {took[0]} | {took[1]} | {row['ratio']:.1f}× |")
    return "\n".join(rows) + "\n"


def evaluation() -> str:
    """A row for each line of bench_evaluation.py: how many times longer the other way takes than a run by inspect."""
    found = json.loads((RESULTS / "evaluation.json").read_text(encoding="utf-8"))
    rows = ["| | threads | run by inspect | alone | ratio | wanted |", "|---|---:|---:|---:|---:|---:|"]
    for row in found["rows"]:
        took = [_amount(row[key], row["unit"]) for key in ("ours", "stock")]
        ratio, wanted = f"{row['ratio']:.2f}×", f"{row['to_reach']:.1f}×"
        rows.append(f"| {row['what']} | {row['threads']} | {took[0]} | {took[1]} | {ratio} | {wanted} |")
    return "\n".join(rows) + "\n"


def serving() -> str:
    """A row for each round of bench_serve.py."""
    found = json.loads((RESULTS / "serve.json").read_text(encoding="utf-8"))
    rows = [
        "| clients | attackers | requests a second | first piece, median | 95% | whole answer, median | 95% "
        "| answers | other ones | refused attacks |",
        "|" + "---:|" * 10,
    ]
    for row in found["rounds"]:
        times = [f"{row[name]:.2f} s" for name in ("first_event_p50", "first_event_p95", "whole_p50", "whole_p95")]
        counts = [row["answered"], row["other_answers"], row["refused"]]
        cells = [row["clients"], row["hostile"], f"{row['requests_per_second']:.1f}", *times, *counts]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows) + "\n"


def limits() -> str:
    """What the encoder reaches of the machine's matrix-product rate, and what takes the rest of its time."""
    rows = [
        "| threads | matrix products of the machine | the encoder reaches | next bottleneck |",
        "|---:|---:|---:|---|",
    ]
    for threads, found in json.loads((RESULTS / "encoder.json").read_text(encoding="utf-8"))["limits"].items():
        bottleneck = f"`{found['bottleneck'].removeprefix('aten::')}` ({found['bottleneck_share']:.0%} of the time)"
        rows.append(f"| {threads} | {found['gflops']:.0f} GFLOP/s | {found['share']:.0%} | {bottleneck} |")
    return "\n".join(rows) + "\n"


def fingerprints() -> str:
    """A row for each kind of recording: the share of copies that are found, the pairs that are taken for one."""
    rows = ["| recordings | copies found again | pairs of others taken for one |", "|---|---:|---:|"]
    for row in json.loads((RESULTS / "fingerprint.json").read_text(encoding="utf-8"))["rows"]:
        share = f"{row['copies_found'] / row['copies']:.1%} of {row['copies']}"
        rows.append(f"| {row['recordings']} × {row['what']} | {share} | {row['pairs_confused']} of {row['pairs']:,} |")
    return "\n".join(rows) + "\n"


def _amount(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:.2f} {unit}"
    digits = 0 if value >= 0.01 else 2
    return f"{value:.1f} s" if value >= 1 else f"{1000 * value:.{digits}f} ms"


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a table differs")
    check = parser.parse_args().check
    sys.path.insert(0, str(ROOT))  # the tables are those of this checkout, whatever is installed
    import ablation_tables
    import build_figures
    import build_tables
    import check_recall
    import command_tables
    import training_tables

    ours = {"differences": differences, "benchmarks": benchmarks, "limits": limits, "fingerprints": fingerprints}
    ours |= {"evaluation": evaluation, "serving": serving}
    others = (build_tables, build_figures, check_recall, ablation_tables, training_tables, command_tables)
    tables = {**ours, **{name: table for module in others for name, table in module.TABLES.items()}}
    pages = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
    if missing := sorted(set(tables) - {found[2] for text in pages.values() for found in MARKED.finditer(text)}):
        print(f"No page has a place for the table {', '.join(missing)}.", file=sys.stderr)
        return 1
    old = []
    for page, text in pages.items():
        path = ROOT / page
        written = MARKED.sub(lambda found: found[1] + tables[found[2]]() + found[3], text)
        if written != text:
            old.append(page)
            if not check:
                path.write_text(written, encoding="utf-8")
    if old:
        print(f"{'Old tables in' if check else 'Written:'} {', '.join(old)}.", file=sys.stderr)
    if check and old:
        print("Run python benchmarks/write_tables.py.", file=sys.stderr)
    return int(check and bool(old))


if __name__ == "__main__":
    sys.exit(main())
