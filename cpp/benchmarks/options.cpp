#include "options.h"

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>

#include "lamina/error.h"
#include "lamina/runtime.h"

namespace lamina::bench {

const char* const kHelp =
    "The micro-benchmarks of Lamina's kernels.\n"
    "\n"
    "  lamina_bench --benchmark_filter='gemm|conv '            rows whose names match\n"
    "  lamina_bench --benchmark_out=before.json                also writes all rows as JSON\n"
    "  lamina_bench --compare=before.json                      runs again, and prints the ratio of each row\n"
    "  lamina_bench --level=v4 --threads=1                     at AVX-512, with one thread\n"
    "  lamina_bench --model=digits.lamina --batch=1            predictions of a model instead of kernels\n"
    "\n"
    "Every row says its time, GFLOP/s or GB/s, and which share that is of what this machine can do at most at that "
    "level\n"
    "with that many threads: of multiply-adds that touch no memory, or of copying arrays larger than the caches. Both\n"
    "are measured at the start.\n"
    "\n"
    "  --compare=FILE       a JSON file of an earlier run; the exit code is 1 if a row is slower than it was\n"
    "  --threshold=RATIO    by which factor a time may grow before it counts as slower (1.1)\n"
    "  --threads=N          as LAMINA_NUM_THREADS\n"
    "  --level=NAME         as LAMINA_ISA: v2, v3, v4 or neon\n"
    "  --model=FILE         a .lamina file; may be given several times\n"
    "  --batch=N            samples of a prediction (1)\n"
    "  --size=N             what the open sizes of its inputs are (16)\n"
    "\n"
    "and all options of Google Benchmark, such as\n"
    "\n"
    "  --benchmark_filter=REGEX  --benchmark_list_tests  --benchmark_min_time=SECONDS  --benchmark_repetitions=N\n"
    "  --benchmark_format=console|json  --benchmark_out=FILE\n";

namespace {

[[noreturn]] void refuse(const std::string& option, const char* expected, const std::string& value) {
  fail(ErrorKind::value, "The option " + option + " has a wrong value", expected,
       value.empty() ? "nothing" : "\"" + value + "\"", "lamina_bench --help shows all options.");
}

std::int64_t whole_number(const std::string& option, const std::string& value) {
  char* end = nullptr;
  const long long number = std::strtoll(value.c_str(), &end, 10);
  if (value.empty() || *end != '\0' || number < 1 || number > 1'000'000'000)
    refuse(option, "a whole number from 1 on", value);
  return number;
}

double factor(const std::string& option, const std::string& value) {
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !(number > 0)) refuse(option, "a number above 0", value);
  return number;
}

std::string text(const std::string& option, const std::string& value) {
  if (value.empty()) refuse(option, "a text", value);
  return value;
}

}  // namespace

Options take_options(int& argc, char** argv) {
  Options options;
  const std::map<std::string, std::function<void(const std::string&, const std::string&)>> known = {
      {"--compare", [&](auto& name, auto& value) { options.compare = text(name, value); }},
      {"--threshold", [&](auto& name, auto& value) { options.threshold = factor(name, value); }},
      {"--threads", [&](auto& name, auto& value) { set_num_threads(static_cast<int>(whole_number(name, value))); }},
      {"--level", [&](auto& name, auto& value) { setenv("LAMINA_ISA", text(name, value).c_str(), 1); }},
      {"--model", [&](auto& name, auto& value) { options.models.push_back(text(name, value)); }},
      {"--batch", [&](auto& name, auto& value) { options.batch = whole_number(name, value); }},
      {"--size", [&](auto& name, auto& value) { options.size = whole_number(name, value); }},
  };
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    const auto option = known.find(argument.substr(0, equals));
    if (option == known.end()) {
      options.help |= argument == "--help" || argument == "-h";
      options.json |= argument == "--benchmark_format=json";
      argv[kept++] = argv[i];
    } else if (equals != std::string::npos) {
      option->second(option->first, argument.substr(equals + 1));
    } else {
      option->second(option->first, i + 1 < argc ? argv[++i] : "");
    }
  }
  argc = kept;
  argv[argc] = nullptr;
  return options;
}

}  // namespace lamina::bench
