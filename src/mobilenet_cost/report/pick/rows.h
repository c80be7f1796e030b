#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/report/pick/report.h"

namespace mobilenet_cost {

// Internal, as json_text.h: what every report says about one candidate.

/// Sources of accuracies and files of times in the order of their first use: a, b, c, behind the figure.
class Footnotes {
  public:
    std::string mark(const std::string& text);

    /// A line for each.
    [[nodiscard]] std::string lines();

  private:
    std::vector<std::string> texts_;
};

struct PickRow {
    const PickReport* report;
    std::size_t index;
    const std::vector<std::size_t>* places;
    Footnotes* notes = nullptr;  ///< only for people

    [[nodiscard]] const PickCandidate& candidate() const { return report->candidates[index]; }
    [[nodiscard]] const SweepCell& cell() const { return candidate().cell; }
    [[nodiscard]] const std::vector<PickQuantity>& misses() const { return report->result.misses[index]; }
};

/// How an accuracy was found.
[[nodiscard]] std::string accuracy_text(const PickCandidate& candidate);

/// "measured", and the file that it was stored in. Empty without a time.
[[nodiscard]] std::string origin_text(const PickCandidate& candidate, Footnotes& notes);

[[nodiscard]] const RowFields<PickRow>& pick_fields();

}  // namespace mobilenet_cost
