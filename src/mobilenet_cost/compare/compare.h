#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/compare/stored_document.h"

namespace mobilenet_cost {

struct CompareSettings {
    /// Dead band: two builds of the same source differ by up to this much through nothing but the layout of
    /// their code.
    double threshold = 0.025;
    double confidence = 0.99;         ///< that all intervals of the times hold at once (Bonferroni)
    double band = 0.15;               ///< ratios without intervals are apart when they differ by more
    std::vector<std::string> ignore;  ///< exact quantities that do not gate
    bool gate_times = false;
    bool require_times = false;  ///< times that cannot be judged are a result, too
    bool allow_new = false;      ///< cells and quantities that only the contender has do not gate

    bool operator==(const CompareSettings&) const = default;
};

/// Throws Error naming the nearest quantity.
void check_ignored(const std::vector<std::string>& names, const std::string& place);

/// An exact quantity that is not the same, or a cell or layer that one side lacks.
struct Difference {
    CellId cell;
    std::string layer;     ///< empty: of the network
    std::string quantity;  ///< kWhole: the cell or the layer itself
    std::optional<ExactValue> base;
    std::optional<ExactValue> contender;
    bool gates = true;
};
inline constexpr std::string_view kWhole = "there";

/// Something that makes times incomparable.
struct ClassDifference {
    std::string what;  ///< "processor", "compiler", an engine, ...
    std::string base;
    std::string contender;
};

/// Symmetric: with the sides swapped, slower is faster and the others stay.
enum class TimeVerdict {
    slower,   ///< the whole interval of the ratio lies above 1 + threshold
    faster,   ///< below 1 / (1 + threshold)
    same,     ///< inside twice the threshold
    unclear,  ///< neither, or no interval
};

template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<TimeVerdict> = {"slower", "faster", "same",
                                                                            "unclear"};
[[nodiscard]] constexpr std::string_view time_verdict_name(TimeVerdict verdict) {
    return enum_name(verdict);
}

struct TimeChange {
    CellId cell;
    Estimate base;  ///< seconds of a pass
    Estimate contender;
    std::size_t base_samples = 0;  ///< 0: not stored
    std::size_t contender_samples = 0;
    Estimate ratio;  ///< contender / base
    TimeVerdict verdict = TimeVerdict::unclear;
    bool identical = false;     ///< the same numbers, to the last digit and sample
    bool may_be_slower = true;  ///< the interval reaches beyond twice the threshold, or there is none
};

/// A ratio of a cell on both sides; what one side lacks is absent.
struct RatioChange {
    CellId cell;
    std::string name;
    std::optional<Estimate> base;
    std::optional<Estimate> contender;
    bool apart = false;  ///< the intervals do not overlap; without intervals: beyond the band
};

/// What is said of one side.
struct CompareSide {
    std::string file;
    std::optional<StoredOrigin> origin;
    std::int64_t cells = 0;
};

enum class CompareOutcome {
    same,
    differs,  ///< an exact quantity
    slower,   ///< established, and times gate
    unclear,  ///< times were required and cannot be judged
};

template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<CompareOutcome> = {"same", "differs", "slower",
                                                                               "unclear"};
[[nodiscard]] constexpr std::string_view compare_outcome_name(CompareOutcome outcome) {
    return enum_name(outcome);
}

struct CompareResult {
    DocumentKind kind = DocumentKind::cost;
    CompareSettings settings;
    CompareSide base;
    CompareSide contender;
    std::int64_t common_cells = 0;
    std::int64_t quantities = 0;           ///< exact ones that both sides have
    std::vector<Difference> differences;   ///< of cells, then of their layers
    std::vector<ClassDifference> classes;  ///< empty: the same class of machine, or nothing was timed
    std::vector<TimeChange> times;
    std::string times_inform;  ///< why times do not gate, in words; empty: they do
    std::vector<RatioChange> ratios;
    CompareOutcome outcome = CompareOutcome::same;
};

/// Throws Error for documents of different kinds, or without a cell in common: nothing would be compared.
[[nodiscard]] CompareResult compare(const StoredDocument& base, const StoredDocument& contender,
                                    const CompareSettings& settings);

[[nodiscard]] std::int64_t gating_differences(const CompareResult& result);

/// Every time is the same to the last digit: no second measurement, but the first one again.
[[nodiscard]] bool same_measurement(const CompareResult& result);

/// Over the cells that have times on both sides; absent: there are none.
[[nodiscard]] std::optional<double> mean_time_ratio(const CompareResult& result);

}  // namespace mobilenet_cost
