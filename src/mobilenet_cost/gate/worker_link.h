#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "mobilenet_cost/gate/worker_protocol.h"

namespace mobilenet_cost {

/// Time-out of an answer, as a multiple of the time that it is expected to take.
inline constexpr double kPatience = 20;

/// A worker has ended, or its answers make no sense: nothing more can be measured with it.
class WorkerLost : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A worker could not carry out one request; it goes on.
class WorkerRefused : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// How lines reach a worker: writes one and waits for one. Throws ChildFailure.
class WorkerLine {
  public:
    virtual ~WorkerLine() = default;
    [[nodiscard]] virtual std::string exchange(const std::string& line, double max_seconds,
                                               std::size_t max_bytes) = 0;
    virtual void finish(const std::string& line) = 0;  ///< the last one, which has no answer
};

/// `program worker` as a child process.
[[nodiscard]] std::unique_ptr<WorkerLine> start_worker(const std::string& program);

/// One build of a gate.
class GateWorker {
  public:
    /// `side` and `program` are for messages.
    GateWorker(std::string side, std::string program, std::unique_ptr<WorkerLine> line,
               double answer_seconds);
    ~GateWorker();
    GateWorker(const GateWorker&) = delete;
    GateWorker& operator=(const GateWorker&) = delete;

    /// Throws Error for a program that is not a worker of our protocol.
    [[nodiscard]] WorkerHello hello(std::optional<int> cpu);

    // Each throws WorkerLost, WorkerRefused, or Error where the build cannot do what is asked for.

    [[nodiscard]] SessionFacts prepare(const GateCell& cell, std::uint64_t seed);
    [[nodiscard]] WorkerBlock run(std::int64_t session, std::int64_t passes, std::int64_t settle,
                                  double expected_seconds);
    [[nodiscard]] WorkerLayerBlock run_layers(std::int64_t session, std::int64_t passes, std::int64_t settle,
                                              std::size_t layers, double expected_seconds);
    void release(std::int64_t session);

  private:
    [[nodiscard]] std::string ask(WorkerRequest& request, double expected_seconds = 0,
                                  std::size_t layers = 0);

    std::string place_;
    std::unique_ptr<WorkerLine> line_;
    double answer_seconds_;
    std::int64_t next_id_ = 1;
};

}  // namespace mobilenet_cost
