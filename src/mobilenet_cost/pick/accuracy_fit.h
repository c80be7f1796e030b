#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/pick/published.h"

namespace mobilenet_cost {

/// Estimated accuracy of a network without a published one.
struct AccuracyEstimate {
    double top1 = 0;           ///< fraction
    double median_error = 0;   ///< leave-one-out error over the published points,
    double largest_error = 0;  ///< as a difference of fractions
    std::size_t points = 0;    ///< published accuracies that the fit uses
};

/// Interpolates the published accuracies of a model: a quadratic surface in log(alpha) and log(resolution),
/// by least squares on log(1 - top-1), the error rate that width and resolution divide rather than subtract
/// from.
class AccuracyFit {
  public:
    /// From the rows of one source, that of the model's first row of this data type, so that one recipe
    /// trained them all. Nothing where there are too few to leave one out and still fit, or they lie on a
    /// line.
    [[nodiscard]] static std::optional<AccuracyFit> fit(const std::vector<PublishedAccuracy>& rows,
                                                        const std::string& model, DataType data_type);

    /// Nothing outside of the published widths and resolutions, where a quadratic is no guide.
    [[nodiscard]] std::optional<AccuracyEstimate> estimate(double alpha, std::int64_t resolution) const;

  private:
    std::vector<double> coefficients_;
    AccuracyEstimate errors_;  ///< without the top-1
    double least_alpha_ = 0;
    double most_alpha_ = 0;
    std::int64_t least_resolution_ = 0;
    std::int64_t most_resolution_ = 0;
};

}  // namespace mobilenet_cost
