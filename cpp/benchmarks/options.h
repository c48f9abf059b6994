// The program's own options; those of Google Benchmark are left to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lamina::bench {

struct Options {
  std::string compare;                // a JSON file of an earlier run, or ""
  double threshold = 1.1;             // a case is slower if its time is more than this many times the earlier one
  std::vector<std::string> models;    // .lamina files whose predictions are measured
  std::int64_t batch = 1, size = 16;  // samples of such a prediction, and what open sizes of its inputs are
  bool json = false;                  // the rows go to the standard output as JSON
  bool help = false;
};

extern const char* const kHelp;

// Takes its own options out of the arguments, as --name=value or --name value, and applies --threads and --level at
// once, before anything asks for them. Throws Error (value) for a value that is none.
Options take_options(int& argc, char** argv);

}  // namespace lamina::bench
