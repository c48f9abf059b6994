// What the ways of running an entry share.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "program/program.h"

namespace lamina {

// A workspace for the time of a run, made when none is idle.
class Program::Lease {
 public:
  Lease(Program& program, const std::string& entry, const Batch& batch, const Bindings& sizes)
      : planned_(program.planned(entry, batch, sizes)), workspace_(planned_->idle.take()) {
    if (!workspace_) workspace_ = std::make_unique<Workspace>(planned_->plan);
    program.give_prepared(entry, *workspace_);
  }
  ~Lease() { planned_->idle.give(std::move(workspace_)); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Workspace* operator->() { return workspace_.get(); }

 private:
  std::shared_ptr<Planned> planned_;
  std::unique_ptr<Workspace> workspace_;
};

std::vector<Tensor> make_outputs(const Plan& plan);
// Gives texts bytes of their own, which only a workspace holds so far.
void own_texts(std::vector<Tensor>& tensors);
std::vector<const void*> data_of(const std::vector<Tensor>& arrays);

}  // namespace lamina
