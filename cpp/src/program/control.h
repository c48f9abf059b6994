// Control flow: ops whose bodies are graphs. A body takes everything it uses as inputs, and runs natively.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/pool.h"
#include "ops/op.h"
#include "program/graph.h"
#include "program/workspace.h"

namespace lamina {

// The bodies of one op object, planned when they first run; the workspaces are kept, so later runs allocate nothing
// and lock nothing.
class Bodies {
  struct Planned;

 public:
  class Lease {
   public:
    Lease(Bodies& bodies, const Graphs& graphs, std::size_t which);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Workspace* operator->() { return workspace_.get(); }

   private:
    Planned& planned_;
    std::unique_ptr<Workspace> workspace_;
  };

  Bodies() = default;
  Bodies(const Bodies&) {}  // another op object has other sizes
  Bodies& operator=(const Bodies&) { return *this; }

 private:
  struct Planned {
    std::atomic<bool> made{false};
    std::shared_ptr<const Plan> plan;
    Pool<Workspace> idle;
  };
  Planned& planned(const Graphs& graphs, std::size_t which);

  std::atomic<bool> counted_{false};
  std::unique_ptr<Planned[]> planned_;
  std::mutex planning_;
};

// (carry, rows of xs, captured) -> (carry, rows of ys), once for each of `length` rows, last to first if `reverse`.
// Inputs: the carries, the xs, what was captured. Outputs: the last carries, the ys, and if `keep` each carry as it
// was before every step, which the gradient needs; a pass takes `keep` back when nobody does.
struct Scan {
  static constexpr const char* name = "scan";
  static constexpr bool any_dtype = true;
  Graphs body;
  std::int64_t carries = 0;
  std::int64_t slices = 0;  // how many xs
  Dim length;
  bool reverse = false, keep = false;
  template <class V>
  void fields(V& v) {
    v("body", body);
    v("carries", carries);
    v("slices", slices);
    v("length", length);
    v("reverse", reverse);
    v("keep", keep);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;

 private:
  mutable Bodies bodies_;
};

// carry = body(carry) while condition(carry). Inputs: the carries, what the condition captured, what the body captured.
struct While {
  static constexpr const char* name = "while_loop";
  static constexpr bool any_dtype = true;
  Graphs condition, body;
  std::int64_t carries = 0;
  std::int64_t captured = 0;  // by the condition
  template <class V>
  void fields(V& v) {
    v("condition", condition);
    v("body", body);
    v("carries", carries);
    v("captured", captured);
  }
  Specs infer(const Specs& inputs) const;
  std::size_t scratch(const Run& run) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;  // throws

 private:
  mutable Bodies conditions_, bodies_;
};

// branches[index](the other inputs); an index out of range takes the nearest branch. Bools are indices, too.
struct Switch {
  static constexpr const char* name = "switch";
  static constexpr bool any_dtype = true;
  Graphs branches;
  template <class V>
  void fields(V& v) {
    v("branches", branches);
  }
  Specs infer(const Specs& inputs) const;
  void run(const Run& run) const;
  Values vjp(const Vjp& v) const;

 private:
  mutable Bodies bodies_;
};

}  // namespace lamina
