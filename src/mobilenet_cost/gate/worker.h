#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "mobilenet_cost/engine/world.h"
#include "mobilenet_cost/gate/worker_protocol.h"

namespace mobilenet_cost {

/// Allocations of the whole process so far; empty: nobody counts.
using AllocationCounter = std::function<AllocationCount()>;

/// Answers the requests of a gate, line by line.
class Worker {
  public:
    explicit Worker(EngineWorld& world, AllocationCounter allocations = {});
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// The line to write, without its newline; nothing: the end was asked for.
    [[nodiscard]] std::optional<std::string> answer(const std::string& line);

  private:
    class Sessions;
    std::unique_ptr<Sessions> sessions_;
};

/// Answers requests line by line until `quit` or the end of the input. A request that it cannot read or carry
/// out gets a refusal; the worker goes on. Nothing else may write to `out`. Returns the program's exit
/// status.
int run_worker(std::istream& in, std::ostream& out, EngineWorld& world = real_world(),
               AllocationCounter allocations = {});

}  // namespace mobilenet_cost
