#include "mobilenet_cost/measure/session_setup.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

namespace {

/// The fastest that is available. The naive engine is no substitute for those that are not there.
const EngineStatus& fastest(const std::vector<EngineStatus>& known) {
    const auto first =
        std::find_if(known.begin(), known.end(), [](const EngineStatus& status) { return status.available; });
    if (first == known.end()) fail("--engine", "no engine is available");
    if (first->name == kNaiveEngine && first != known.begin()) {
        fail("--engine", fmt::format("expected an engine that is worth timing, found none: \"{}\" is not "
                                     "available: {}; --engine {} runs the naive one",
                                     known.front().name, known.front().reason, kNaiveEngine));
    }
    return *first;
}

/// An engine in a data type: not available where it does not compute in it.
EngineStatus typed_status(EngineStatus status, const TypedName& typed) {
    if (typed.data_type == DataType::f32) return status;
    status.name = typed_name(typed);
    if (!status.available) return status;
    status.reason = type_refusal(status.info, typed.data_type);
    status.available = status.reason.empty();
    status.info.name = status.name;
    status.info.data_types = {std::string(data_type_name(typed.data_type))};
    return status;
}

}  // namespace

std::vector<EngineStatus> choose_engines(const std::vector<EngineStatus>& known,
                                         const std::vector<std::string>& asked) {
    if (asked.empty()) return {fastest(known)};
    std::vector<std::string> names;
    for (const EngineStatus& status : known)
        names.push_back(status.name);
    std::vector<EngineStatus> chosen;
    for (const std::string& asked_name : asked) {
        const TypedName typed = read_typed_name(asked_name);
        const auto found = std::find(names.begin(), names.end(), typed.engine);
        if (found == names.end()) fail_unknown("--engine", "engine", typed.engine, names);
        const EngineStatus status =
            typed_status(known[static_cast<std::size_t>(found - names.begin())], typed);
        const bool again = std::any_of(chosen.begin(), chosen.end(),
                                       [&](const EngineStatus& other) { return other.name == status.name; });
        if (!again) chosen.push_back(status);
    }
    return chosen;
}

std::vector<std::string> typed_names(const std::vector<EngineStatus>& known,
                                     const std::vector<std::string>& asked,
                                     const std::vector<DataType>& types) {
    std::vector<std::string> names;
    for (const EngineStatus& engine : choose_engines(known, asked)) {
        const bool typed = read_typed_name(engine.name).data_type != DataType::f32;
        for (const DataType type : types)
            names.push_back(typed ? engine.name : typed_name({engine.name, type}));
    }
    return without_repeats(names);
}

std::string memory_refusal(const NetworkCounts& counts, std::int64_t weight_copies,
                           std::optional<std::int64_t> available) {
    const std::int64_t needed =
        checked_add(checked_multiply(weight_copies, counts.weight_bytes), counts.activation_bytes);
    if (!available || needed <= *available) return {};
    return fmt::format("needs {} of memory ({} x {} of weights, {} of activations), available are {}",
                       bytes_text(needed), weight_copies, bytes_text(counts.weight_bytes),
                       bytes_text(counts.activation_bytes), bytes_text(*available));
}

std::string time_refusal(const NetworkCounts& counts, int threads, double max_seconds) {
    constexpr double kBytesPerSecond = 2e9;  // of weights: drawn, stored, read again and packed
    constexpr double kMacsPerSecond = 2e11;  // of a thread: two units of 16 lanes at more than 6 GHz
    const double prepare = static_cast<double>(counts.weight_bytes) / kBytesPerSecond;
    const double pass = static_cast<double>(counts.macs) / (kMacsPerSecond * static_cast<double>(threads));
    if (std::max(prepare, pass) <= max_seconds) return {};
    return fmt::format(
        "takes at least {} to be made ready ({} of weights) and {} for a pass ({} MACs), "
        "--max-seconds is {:g}",
        seconds_text(prepare), bytes_text(counts.weight_bytes), seconds_text(pass),
        with_thousands(counts.macs), max_seconds);
}

void check_cpus_for(int threads, const std::string& place) {
    const std::size_t cpus = allowed_cpus().size();
    if (cpus == 0 || threads <= static_cast<int>(cpus)) return;
    fail(place,
         fmt::format("expected at most {}, the CPUs that this process may use, found {}", cpus, threads));
}

std::unique_ptr<Session> make_ready_session(const Engine& engine, const Network& network,
                                            const Weights& weights, const SessionOptions& options,
                                            std::uint64_t input_seed) {
    auto session = engine.make_session(network, weights, options);
    const std::vector<float> input = make_input(network.input, input_seed);
    std::copy(input.begin(), input.end(), session->input().begin());
    return session;
}

}  // namespace mobilenet_cost
