#include "mobilenet_cost/gate/facts.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/engine/registry.h"

namespace mobilenet_cost {
namespace {

/// Collects what differs.
class Differences {
  public:
    void text(const std::string& what, const std::string& base, const std::string& head) {
        if (base != head)
            found_.push_back({what, base.empty() ? "none" : base, head.empty() ? "none" : head});
    }
    void count(const std::string& what, std::int64_t base, std::int64_t head) {
        if (base != head) found_.push_back({what, with_thousands(base), with_thousands(head)});
    }
    [[nodiscard]] std::vector<GateDifference> take() { return std::move(found_); }

  private:
    std::vector<GateDifference> found_;
};

std::string allocations_text(const std::optional<AllocationCount>& allocations) {
    if (!allocations) return "not counted";
    return fmt::format("{} of {}", with_thousands(allocations->count), bytes_text(allocations->bytes));
}

}  // namespace

std::vector<GateDifference> exact_differences(const SessionFacts& base, const SessionFacts& head) {
    Differences differences;
    differences.count("MACs", base.macs, head.macs);
    differences.count("parameters", base.params, head.params);
    differences.count("weight bytes", base.weight_bytes, head.weight_bytes);
    differences.count("peak activation bytes", base.peak_activation_bytes, head.peak_activation_bytes);
    differences.count("layers", static_cast<std::int64_t>(base.layers.size()),
                      static_cast<std::int64_t>(head.layers.size()));
    for (std::size_t i = 0; i < std::min(base.layers.size(), head.layers.size()); ++i) {
        const std::string& name = base.layers[i].name;
        differences.text(fmt::format("name of layer {}", i + 1), name, head.layers[i].name);
        differences.text(name + ": operation", base.layers[i].op, head.layers[i].op);
        differences.count(name + ": MACs", base.layers[i].macs, head.layers[i].macs);
    }
    return differences.take();
}

std::vector<GateDifference> explaining_differences(const SessionFacts& base, const SessionFacts& head) {
    Differences differences;
    for (std::size_t i = 0; i < std::min(base.layers.size(), head.layers.size()); ++i)
        differences.text(base.layers[i].name + ": kernel", base.layers[i].kernel, head.layers[i].kernel);
    differences.count("bytes of packed weights", base.held_weight_bytes, head.held_weight_bytes);
    differences.count("bytes of activations held", base.held_activation_bytes, head.held_activation_bytes);
    differences.count("bytes of scratch", base.held_scratch_bytes, head.held_scratch_bytes);
    // A program that cannot count says nothing about the other.
    if (base.allocations && head.allocations)
        differences.text("allocations in a pass", allocations_text(base.allocations),
                         allocations_text(head.allocations));
    return differences.take();
}

std::vector<GateDifference> build_differences(const WorkerHello& base, const WorkerHello& head) {
    const auto yes = [](bool value) { return std::string(value ? "yes" : "no"); };
    Differences differences;
    differences.text("compiler", base.build.compiler, head.build.compiler);
    differences.text("build type", base.build.build_type, head.build.build_type);
    differences.text("flags", base.build.flags, head.build.flags);
    differences.text("optimised", yes(base.build.optimised), yes(head.build.optimised));
    differences.text("sanitized", yes(base.build.sanitized), yes(head.build.sanitized));
    for (const WorkerEngine& engine : base.engines) {
        for (const WorkerEngine& other : head.engines) {
            if (engine.name == other.name && engine.available && other.available)
                differences.text(engine.name, engine.version, other.version);
        }
    }
    return differences.take();
}

namespace {

/// The naive engine is no substitute for those that only one build has, or neither.
void refuse_naive(const WorkerHello& base, const WorkerHello& head) {
    const WorkerEngine& fastest = head.engines.front();
    if (fastest.name == kNaiveEngine) return;
    const auto in_base = std::find_if(base.engines.begin(), base.engines.end(), [&](const WorkerEngine& one) {
        return one.name == fastest.name && one.available;
    });
    const char* lacking = fastest.available ? "--base" : in_base != base.engines.end() ? "--head" : "either";
    fail("--engine", fmt::format("expected an engine that both builds have and that is worth timing, found "
                                 "none: \"{}\" is not available in {}; --engine {} runs the naive one",
                                 fastest.name, lacking, kNaiveEngine));
}

}  // namespace

std::string common_engine(const WorkerHello& base, const WorkerHello& head) {
    for (const WorkerEngine& engine : head.engines) {
        const bool both =
            engine.available &&
            std::any_of(base.engines.begin(), base.engines.end(), [&](const WorkerEngine& other) {
                return other.available && other.name == engine.name;
            });
        if (both && engine.name == kNaiveEngine) refuse_naive(base, head);
        if (both) return engine.name;
    }
    fail("--engine", "expected an engine that both builds have, found none");
}

}  // namespace mobilenet_cost
