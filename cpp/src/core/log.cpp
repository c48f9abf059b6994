#include "core/log.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>

#include "core/spelling.h"
#include "lamina/error.h"
#include "lamina/runtime.h"

namespace lamina {

namespace {

const std::vector<std::string>& topic_names() {
  static const std::vector<std::string> names = {"kernels", "programs"};
  return names;
}

// The bits of the topics in "kernels,programs"; what is no topic goes to `unknown`.
unsigned bits_of(const std::string& topics, std::string& unknown) {
  unsigned bits = 0;
  for (std::size_t begin = 0; begin < topics.size();) {
    const std::size_t end = std::min(topics.find(',', begin), topics.size());
    const std::string topic = topics.substr(begin, end - begin);
    begin = end + 1;
    bool known = topic.empty();
    for (std::size_t i = 0; i < topic_names().size(); ++i)
      if (topic == topic_names()[i]) {
        bits |= 1u << i;
        known = true;
      }
    if (!known) unknown = topic;
  }
  return bits;
}

unsigned bits_of_environment() {
  const char* topics = std::getenv("LAMINA_LOG");
  std::string unknown;
  const unsigned bits = topics == nullptr ? 0 : bits_of(topics, unknown);
  if (!unknown.empty())
    std::fprintf(stderr, "lamina: LAMINA_LOG=\"%s\" has an unknown topic: expected kernels or programs.\n", topics);
  return bits;
}

constexpr unsigned unread = ~0u;
std::atomic<unsigned> asked{unread};

struct Sink {
  std::mutex mutex;
  std::shared_ptr<const LogFunction> function;
  std::set<std::string> said;
};

// Never destroyed: threads may speak until the end.
Sink& sink() {
  static Sink& only = *new Sink;
  return only;
}

}  // namespace

bool logs(LogTopic topic) {
  unsigned bits = asked.load(std::memory_order_relaxed);
  if (bits == unread) {
    bits = bits_of_environment();
    asked.store(bits, std::memory_order_relaxed);
  }
  return (bits >> static_cast<unsigned>(topic) & 1u) != 0;
}

void log(LogTopic topic, const std::string& line) {
  if (!logs(topic)) return;
  const std::string& name = topic_names()[static_cast<std::size_t>(topic)];
  std::shared_ptr<const LogFunction> function;
  {
    const std::lock_guard<std::mutex> lock(sink().mutex);
    function = sink().function;
  }
  const char* lost = "";
  try {
    if (function) return (*function)(name, line);
  } catch (...) {  // which must not pass through kernels
    lost = " (the function of the log threw an error)";
  }
  std::fprintf(stderr, "lamina %s: %s%s\n", name.c_str(), line.c_str(), lost);
}

void set_log_topics(const std::string& topics) {
  std::string unknown;
  const unsigned bits = bits_of(topics, unknown);
  if (!unknown.empty())
    fail(ErrorKind::value, "There is no such topic of the log", nearest(unknown, topic_names()), "'" + unknown + "'",
         "Separate topics by commas; \"\" is none.");
  const std::lock_guard<std::mutex> lock(sink().mutex);
  sink().said.clear();
  asked.store(bits, std::memory_order_relaxed);
}

std::string log_topics() {
  std::string topics;
  for (std::size_t i = 0; i < topic_names().size(); ++i)
    if (logs(static_cast<LogTopic>(i))) topics += (topics.empty() ? "" : ",") + topic_names()[i];
  return topics;
}

void set_log(LogFunction function) {
  std::shared_ptr<const LogFunction> other;
  if (function) other = std::make_shared<const LogFunction>(std::move(function));
  const std::lock_guard<std::mutex> lock(sink().mutex);
  sink().said.clear();
  sink().function.swap(other);  // what was there before goes after the lock
}

bool logs_kernels() { return logs(LogTopic::kernels); }

void log_choice(const char* family, const Fact* facts, int num_facts, const Verdict* verdicts, int num_verdicts) {
  std::string line = family, refused, taken;
  for (int i = 0; i < num_facts; ++i) line += std::string(" ") + facts[i].name + "=" + std::to_string(facts[i].value);
  for (int i = 0; i < num_verdicts && taken.empty(); ++i) {
    if (verdicts[i].refusal == nullptr)
      taken = verdicts[i].name;
    else
      refused += (refused.empty() ? "" : ", ") + std::string(verdicts[i].name) + " (" + verdicts[i].refusal + ")";
  }
  line += ": " + (refused.empty() ? "" : refused + " refused; ") + taken + " taken";
  {
    const std::lock_guard<std::mutex> lock(sink().mutex);
    if (!sink().said.insert(line).second) return;
  }
  log(LogTopic::kernels, line);
}

}  // namespace lamina
