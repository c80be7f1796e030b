#include "mobilenet_cost/report/sweep/measured_json.h"

#include "mobilenet_cost/report/sweep/document.h"

namespace mobilenet_cost {

std::string sweep_measured_json(const SweepRun& run, const SweepResult& result,
                                const std::optional<Prediction>& prediction) {
    return pretty_json(sweep_document(run, result, prediction));
}

std::string sweep_measured_jsonl(const SweepRun& run, const SweepResult& result,
                                 const std::optional<Prediction>& prediction) {
    std::string lines;
    for (const Json& line : sweep_lines(run, result, prediction))
        lines += compact_json(line);
    return lines;
}

}  // namespace mobilenet_cost
