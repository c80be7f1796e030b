#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

enum class BenchStatus {
    ok,
    failed,   ///< it was tried
    skipped,  ///< known beforehand that it cannot be done, or not worth doing
    late,     ///< the time limit leaves no time for it; a document says that it was skipped
};

/// The networks that are timed against each other.
enum class NetworkKind {
    separable,  ///< the variant
    standard,   ///< its counterpart with standard convolutions
    base,       ///< the same model at width 1 and native resolution
};

/// Exact counts of a network, batch norm folded.
struct NetworkCounts {
    std::int64_t macs = 0;
    std::int64_t params = 0;  ///< batch norm not counted, as in the papers
    std::int64_t weight_bytes = 0;
    std::int64_t activation_bytes = 0;       ///< input and every layer's output, each in memory of its own
    std::int64_t peak_activation_bytes = 0;  ///< of those that live at one time, nothing in place
};

[[nodiscard]] NetworkCounts count_network(const Network& network, DataType type = DataType::f32);

/// FLOP/s (2 x MACs). Absent: no time.
[[nodiscard]] std::optional<double> flops_per_second(std::int64_t macs, double seconds);

template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<BenchStatus> = {"ok", "failed", "skipped",
                                                                            "late"};

/// As documents name it: a run log alone tells `late` from `skipped`.
[[nodiscard]] constexpr std::string_view bench_status_name(BenchStatus status) {
    return enum_name(status == BenchStatus::late ? BenchStatus::skipped : status);
}

template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<NetworkKind> = {"separable", "standard", "base"};
[[nodiscard]] constexpr std::string_view network_kind_name(NetworkKind kind) {
    return enum_name(kind);
}

/// The kinds that a user can name, in the order of NetworkKind.
[[nodiscard]] const std::vector<std::string>& network_names();

}  // namespace mobilenet_cost
