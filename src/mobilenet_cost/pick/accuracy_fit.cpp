#include "mobilenet_cost/pick/accuracy_fit.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <Eigen/Dense>

#include "mobilenet_cost/base/stats.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kTerms = 6;
constexpr std::size_t kFewestPoints = 10;  // two thirds of the error would be fitted away with fewer

std::array<double, kTerms> terms_of(double alpha, std::int64_t resolution) {
    const double a = std::log(alpha);
    const double r = std::log(static_cast<double>(resolution) / 224);
    return {1, a, r, a * a, r * r, a * r};
}

/// Empty: these points do not determine a surface.
std::vector<double> least_squares(const std::vector<PublishedAccuracy>& rows) {
    const auto count = static_cast<Eigen::Index>(rows.size());
    Eigen::MatrixXd terms(count, static_cast<Eigen::Index>(kTerms));
    Eigen::VectorXd values(count);
    for (Eigen::Index i = 0; i < count; ++i) {
        const PublishedAccuracy& row = rows[static_cast<std::size_t>(i)];
        const auto of_row = terms_of(row.alpha, row.resolution);
        for (std::size_t term = 0; term < kTerms; ++term)
            terms(i, static_cast<Eigen::Index>(term)) = of_row.at(term);
        values(i) = std::log1p(-row.top1);
    }
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(terms);
    if (solver.rank() < static_cast<Eigen::Index>(kTerms)) return {};
    const Eigen::VectorXd solution = solver.solve(values);
    return {solution.begin(), solution.end()};
}

double value_at(const std::vector<double>& coefficients, double alpha, std::int64_t resolution) {
    const auto terms = terms_of(alpha, resolution);
    double log_error = 0;
    for (std::size_t i = 0; i < kTerms; ++i)
        log_error += coefficients.at(i) * terms.at(i);
    return -std::expm1(log_error);
}

/// Empty: without one of them there is no surface.
std::vector<double> left_out_errors(const std::vector<PublishedAccuracy>& rows) {
    std::vector<double> errors;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::vector<PublishedAccuracy> others = rows;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
        const std::vector<double> coefficients = least_squares(others);
        if (coefficients.empty()) return {};
        errors.push_back(std::abs(value_at(coefficients, rows[i].alpha, rows[i].resolution) - rows[i].top1));
    }
    return errors;
}

std::vector<PublishedAccuracy> rows_of_one_source(const std::vector<PublishedAccuracy>& rows,
                                                  const std::string& model, DataType data_type) {
    std::vector<PublishedAccuracy> chosen;
    for (const PublishedAccuracy& row : rows) {
        const bool is_of_model = row.model == model && row.data_type == data_type && row.top1 < 1;
        if (is_of_model && (chosen.empty() || chosen.front().source == row.source)) chosen.push_back(row);
    }
    return chosen;
}

}  // namespace

std::optional<AccuracyFit> AccuracyFit::fit(const std::vector<PublishedAccuracy>& rows,
                                            const std::string& model, DataType data_type) {
    const std::vector<PublishedAccuracy> chosen = rows_of_one_source(rows, model, data_type);
    if (chosen.size() < kFewestPoints) return std::nullopt;
    const std::vector<double> errors = left_out_errors(chosen);
    if (errors.empty()) return std::nullopt;
    const auto [narrow, wide] =
        std::minmax_element(chosen.begin(), chosen.end(),
                            [](const auto& left, const auto& right) { return left.alpha < right.alpha; });
    const auto [small, large] = std::minmax_element(
        chosen.begin(), chosen.end(),
        [](const auto& left, const auto& right) { return left.resolution < right.resolution; });
    AccuracyFit fit;
    fit.coefficients_ = least_squares(chosen);
    fit.errors_ = {.median_error = median(errors),
                   .largest_error = *std::max_element(errors.begin(), errors.end()),
                   .points = chosen.size()};
    fit.least_alpha_ = narrow->alpha;
    fit.most_alpha_ = wide->alpha;
    fit.least_resolution_ = small->resolution;
    fit.most_resolution_ = large->resolution;
    return fit;
}

std::optional<AccuracyEstimate> AccuracyFit::estimate(double alpha, std::int64_t resolution) const {
    const bool inside = alpha >= least_alpha_ && alpha <= most_alpha_ && resolution >= least_resolution_ &&
                        resolution <= most_resolution_;
    if (!inside) return std::nullopt;
    AccuracyEstimate estimate = errors_;
    estimate.top1 = value_at(coefficients_, alpha, resolution);
    return estimate;
}

}  // namespace mobilenet_cost
