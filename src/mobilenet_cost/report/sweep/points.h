#pragma once

#include <optional>
#include <vector>

#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {

/// A point of a sweep, timed or predicted.
struct PointRow {
    const SweepRun& run;
    const SweepCell& cell;
    std::string engine;
    int threads = 1;
    NetworkKind network = NetworkKind::separable;
    bool predicted = false;
    PointResult result;  ///< of a predicted point: its time, with error bars, and its speed-up
    std::optional<double> residual = std::nullopt;
    const SweepPoint* point = nullptr;  ///< null: predicted
};

[[nodiscard]] PointRow timed_row(const SweepRun& run, const SweepResult& result, std::size_t index);
[[nodiscard]] PointRow predicted_row(const SweepRun& run, const PredictedPoint& point);

/// Every field of a point, in the order of the CSV.
[[nodiscard]] const RowFields<PointRow>& point_fields();

/// The same in the order that documents have had since before there was this list; what is new stands behind.
[[nodiscard]] const RowFields<PointRow>& document_fields();

/// Those that people see. `standard`: there are speed-ups over standard convolutions.
[[nodiscard]] std::vector<const char*> shown_keys(bool standard);

/// Those of a predicted point, in the order of the document.
[[nodiscard]] const RowFields<PointRow>& predicted_fields();

[[nodiscard]] const RowFields<SlopeFit>& fit_fields();

/// How much faster a point is than what it is compared with.
struct Speedup {
    std::optional<double> analytic = std::nullopt;
    std::optional<Estimate> measured = std::nullopt;
    std::optional<Estimate> kept = std::nullopt;  ///< measured / analytic
    bool wide = false;                            ///< the interval is wider than asked for
};
[[nodiscard]] Speedup over_base(const PointResult& point);
[[nodiscard]] Speedup over_standard(const PointResult& point);

}  // namespace mobilenet_cost
