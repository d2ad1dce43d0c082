"""What `trl sft` makes of a recipe, seen before it trains: its batches, figures of the data, and faults.

May import `modeling_audio_reasoner` and TRL; loads no weights and needs no GPU.
"""
