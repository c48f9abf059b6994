"""The commands of the command line, one module each, imported when used.

A module has `EXAMPLES` (text for --help), `add_arguments(parser)`, and `run(options)`, which returns the exit code.
What goes wrong is raised: `lamina.__main__` prints it.
"""

COMMANDS = {
    "inspect": "show what a file holds: layers, shapes, parameters, memory; and verify it",
    "convert": "write a model to a file of another kind",
    "predict": "predict from arrays and texts in files",
    "bench": "measure one prediction and one training step",
    "demo": "train a network on real handwritten digits, save it, and show how C++ goes on",
}
