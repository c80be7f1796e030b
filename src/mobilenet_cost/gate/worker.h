#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/gate/worker_protocol.h"
#include "mobilenet_cost/measure/measure.h"

namespace mobilenet_cost {

/// The world around a worker. Everything is optional; tests have their own.
struct WorkerHooks {
    Clock* clock = nullptr;  ///< null: SteadyClock
    std::function<std::vector<EngineStatus>()> engine_statuses = {};
    std::function<std::shared_ptr<const Engine>(const std::string& name)> find_engine = {};
    std::function<std::optional<std::int64_t>()> available_memory_bytes = {};
    std::function<NoiseSnapshot()> noise = {};  ///< empty: read_noise()
    /// What has been allocated so far by the whole process; empty: nobody counts.
    std::function<AllocationCount()> allocations = {};
};

/// One side of the conversation, line by line.
class Worker {
  public:
    explicit Worker(WorkerHooks hooks = {});
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// The line to write, without its newline; nothing: the end was asked for.
    [[nodiscard]] std::optional<std::string> answer(const std::string& line);

  private:
    class Sessions;
    std::unique_ptr<Sessions> sessions_;
};

/// Answers requests line by line until `quit` or the end of the input. A request that it cannot read or meet
/// gets a refusal; the worker lives on. Nothing else may write to `out`. Returns the program's exit status.
int run_worker(std::istream& in, std::ostream& out, WorkerHooks hooks = {});

}  // namespace mobilenet_cost
