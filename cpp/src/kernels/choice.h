// The choice of a kernel from an ordered list: the first that does not refuse. Each refusal has a reason, which
// LAMINA_LOG=kernels prints. For sources of a level and for those that are compiled once: the functions are static, so
// that each has its own.
#pragma once

#include "core/log.h"

namespace lamina::kernels {

template <class Args>
struct Candidate {
  const char* name;
  const char* (*refusal)(const Args& args);  // null when it takes them; the last of a list takes all
};

template <class Args, int N>
static int choose(const Candidate<Args> (&list)[N], const Args& args) {
  int i = 0;
  while (i < N - 1 && list[i].refusal(args) != nullptr) ++i;
  return i;
}

// Says what was chosen and why; `facts` describe the arguments. Called when logs_kernels().
template <class Args, int N, int F>
static void explain(const char* family, const Candidate<Args> (&list)[N], const Args& args, const Fact (&facts)[F]) {
  Verdict verdicts[N];
  for (int i = 0; i < N; ++i) verdicts[i] = {list[i].name, i < N - 1 ? list[i].refusal(args) : nullptr};
  log_choice(family, facts, F, verdicts, N);
}

}  // namespace lamina::kernels
