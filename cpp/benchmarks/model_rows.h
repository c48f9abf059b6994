// Predictions of whole models from .lamina files, through the public C++ interface.
#pragma once

#include "options.h"

namespace lamina::bench {

// Adds one row per file of the options: "predict FILE, batch N". Throws Error if a file cannot be loaded, or if a model
// takes texts.
void add_model_rows(const Options& options);

}  // namespace lamina::bench
