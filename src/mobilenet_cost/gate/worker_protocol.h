#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/gate/cell.h"
#include "mobilenet_cost/machine/machine.h"

namespace mobilenet_cost {

// The lines between a gate and its workers: one JSON object each, described in docs/gate.md. A reader ignores
// keys that it does not know, so that a later version can add some under the same number.

inline constexpr const char* kWorkerSchema = "mobilenet-cost.worker.v1";
inline constexpr std::int64_t kWorkerProtocol = 1;  ///< raised when an older reader would misunderstand

// Limits of one request, so that its work ends and its answer fits in memory.

inline constexpr std::int64_t kMostRequestPasses = 100'000;        ///< and as many to settle before them
inline constexpr std::int64_t kMostRequestLayerTimes = 1'000'000;  ///< passes x layers
inline constexpr double kMostRequestSeconds = 60;  ///< of several passes, estimated from the last one

/// The most passes that one request may time layer by layer; at least one.
[[nodiscard]] std::int64_t most_layer_passes(std::size_t layers);

/// A request; only the members that it needs are set.
struct WorkerRequest {
    enum class Do { hello, prepare, run, run_layers, release, quit };
    std::int64_t id = 0;  ///< the answer has the same
    Do what = Do::hello;
    std::int64_t protocol = kWorkerProtocol;  ///< hello
    std::optional<int> cpu = {};              ///< hello: where passes of one thread run
    GateCell cell = {};                       ///< prepare
    std::uint64_t seed = 1;                   ///< prepare: of weights and input
    std::int64_t session = 0;                 ///< run, run_layers, release: as prepare answered
    std::int64_t passes = 1;                  ///< run, run_layers
    std::int64_t settle = 0;                  ///< run, run_layers: passes before those that count

    [[nodiscard]] bool times_passes() const { return what == Do::run || what == Do::run_layers; }
};

struct WorkerBuild {
    std::string compiler = {};
    std::string flags = {};
    std::string build_type = {};
    bool optimised = false;
    bool sanitized = false;

    bool operator==(const WorkerBuild&) const = default;
};

struct WorkerEngine {
    std::string name = {};
    std::string version = {};
    bool available = false;
};

struct WorkerHello {
    std::string version = {};
    std::string commit = {};
    WorkerBuild build = {};
    std::vector<WorkerEngine> engines = {};  ///< the fastest first
    double clock_resolution_seconds = 0;
};

struct LayerFacts {
    std::string name = {};
    std::string op = {};
    std::string layer_class = {};  ///< as layer_class_name(); another version may know more
    std::string kernel = {};
    std::int64_t macs = 0;

    bool operator==(const LayerFacts&) const = default;
};

/// During one pass, by every thread.
struct AllocationCount {
    std::int64_t count = 0;
    std::int64_t bytes = 0;

    bool operator==(const AllocationCount&) const = default;
};

/// Quantities of a session that are known exactly.
struct ExactCounts {
    std::int64_t macs = 0;
    std::int64_t params = 0;
    std::int64_t weight_bytes = 0;           ///< analytic
    std::int64_t peak_activation_bytes = 0;  ///< analytic
    std::int64_t held_weight_bytes = 0;      ///< by the engine, as packed
    std::int64_t held_activation_bytes = 0;
    std::int64_t held_scratch_bytes = 0;
};

struct SessionFacts : ExactCounts {
    std::int64_t session = 0;                         ///< its number in requests
    std::optional<AllocationCount> allocations = {};  ///< absent: the program cannot count them
    std::vector<LayerFacts> layers = {};
};

struct WorkerBlock {
    std::vector<double> pass_seconds = {};
    NoiseSnapshot disturbance = {};  ///< of the worker, while the passes ran
};

struct WorkerLayerBlock {
    std::vector<std::vector<std::int64_t>> pass_nanoseconds = {};  ///< for each pass, of each layer
    NoiseSnapshot disturbance = {};
};

/// Instead of an answer.
struct WorkerRefusal {
    bool wrong_input = false;  ///< the request cannot be met by this build; else: the work failed
    std::string text = {};
};

// Lines without their newline. The readers throw Error for any other line.

[[nodiscard]] std::string write_request(const WorkerRequest& request);
[[nodiscard]] WorkerRequest read_request(const std::string& line);

[[nodiscard]] std::string write_hello(std::int64_t id, const WorkerHello& hello);
[[nodiscard]] std::string write_facts(std::int64_t id, const SessionFacts& facts);
[[nodiscard]] std::string write_block(std::int64_t id, const WorkerBlock& block);
[[nodiscard]] std::string write_layer_block(std::int64_t id, const WorkerLayerBlock& block);
[[nodiscard]] std::string write_done(std::int64_t id);
[[nodiscard]] std::string write_refusal(std::int64_t id, const WorkerRefusal& refusal);

/// Limit on the length of an answer. `layers`: of the session, for run_layers.
[[nodiscard]] std::size_t most_answer_bytes(const WorkerRequest& request, std::size_t layers = 0);

/// A worker whose clock steps are longer could not be asked for a block that fits a gate.
inline constexpr double kCoarsestClock = 1e-3;  ///< seconds

/// An answer before its body is read.
struct WorkerAnswer {
    std::int64_t id = 0;
    std::optional<WorkerRefusal> refusal = {};
};

[[nodiscard]] WorkerAnswer read_answer(const std::string& line);

/// Throws Error, too, for another protocol than ours.
[[nodiscard]] WorkerHello read_hello(const std::string& line);
[[nodiscard]] SessionFacts read_facts(const std::string& line);

/// There must be as many times as asked for, finite and above 0.
[[nodiscard]] WorkerBlock read_block(const std::string& line, std::int64_t passes);

/// Times must be at least 0, of every layer, and above 0 in sum.
[[nodiscard]] WorkerLayerBlock read_layer_block(const std::string& line, std::int64_t passes,
                                                std::size_t layers);

}  // namespace mobilenet_cost
