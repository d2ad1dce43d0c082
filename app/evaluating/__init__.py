"""What `audio-reasoner evaluate` puts together: the run, its controls, training data, the page; and how it is shown.

May import evaluation and app's own modules, as all commands do.
"""
