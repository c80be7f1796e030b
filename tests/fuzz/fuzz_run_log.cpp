// Any bytes give a stored run, which can be evaluated, or an Error. Whatever else leaves here is a finding.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/sweep/order.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/run_log.h"
#include "mobilenet_cost/sweep/run_log_read.h"

#include "fuzz/fuzz_check.h"

namespace mc = mobilenet_cost;

namespace {

void check_indices(const mc::SweepRun& run) {
    const std::size_t points = run.points.size();
    require(run.measurement.cells.size() == points && run.profiles.size() == points, "as many as points");
    for (const mc::SweepPoint& point : run.points) {
        require(point.cell < run.cells.size() && point.base < points, "what a point refers to exists");
        require(point.counterpart.value_or(0) < points, "a counterpart exists");
    }
    for (const auto& round : run.measurement.order) {
        for (const std::size_t point : round)
            require(point < points, "a point of a round exists");
    }
}

void check_result(const mc::SweepRun& run) try {
    const mc::SweepResult result = mc::evaluate(run);
    require(result.points.size() == run.points.size(), "a result for each point");
    for (const mc::PointResult& point : result.points)
        require(point.disturbed <= point.rounds, "no more disturbed than taken");
    std::vector<std::size_t> all(run.points.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    for (const std::size_t point : mc::visit_order(run, result, all))
        require(point < run.points.size(), "what is visited exists");
} catch (const mc::Error&) {  // settings that no run has
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const mc::StoredRun stored = mc::parse_run_log(text, "fuzz.jsonl");
        require(stored.bytes > 0 && stored.bytes <= static_cast<std::int64_t>(size),
                "whole lines are a part");
        check_indices(stored.run);
        check_result(stored.run);
        // What is kept of a torn log is a whole one.
        const auto whole =
            mc::parse_run_log(text.substr(0, static_cast<std::size_t>(stored.bytes)), "fuzz.jsonl");
        require(whole.note.empty() && whole.bytes == stored.bytes, "repaired once is repaired");
    } catch (const mc::Error&) {  // not a log
    }
    return 0;
}
