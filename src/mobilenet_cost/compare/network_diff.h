#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

/// What a layer or a network takes. Batch norm is folded: libraries store it in different ways.
struct DiffCounts {
    std::int64_t macs = 0;
    std::int64_t params = 0;
    std::int64_t weight_bytes = 0;
    std::int64_t traffic_bytes = 0;

    bool operator==(const DiffCounts&) const = default;
};

/// A layer of one of the two networks.
struct DiffLayer {
    std::string name;
    std::string op;
    Shape input;
    Shape output;
    DiffCounts counts;
    bool known = true;  ///< otherwise `counts` is nothing: what it costs is not known
};

enum class LayerChange { changed, gone, added };
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<LayerChange> = {"changed", "gone", "added"};

struct LayerDifference {
    LayerChange change = LayerChange::changed;
    std::optional<DiffLayer> base;
    std::optional<DiffLayer> contender;
    std::vector<std::string> what;  ///< of a changed one: "kernel 3 -> 5"
};

struct DiffSide {
    std::string model;
    Variant variant;                     ///< with the resolution filled in
    DataType data_type = DataType::f32;  ///< of the bytes
    std::int64_t layers = 0;
    std::int64_t unknown = 0;  ///< layers whose cost is not known: the counts are lower bounds
    DiffCounts counts;
};

/// Two networks, layer by layer.
struct NetworkDiff {
    DiffSide base;
    DiffSide contender;
    std::int64_t same = 0;  ///< layers that both have, whatever the type of their values
    std::vector<LayerDifference> differences;

    [[nodiscard]] bool one_type() const { return base.data_type == contender.data_type; }
    [[nodiscard]] bool equal() const { return differences.empty() && one_type(); }
    [[nodiscard]] bool lower_bounds() const { return base.unknown + contender.unknown > 0; }
};

/// One of two networks, and the type in which its bytes are counted.
struct NetworkToDiff {
    const ModelConfig& config;
    const Variant& variant;
    DataType data_type = DataType::f32;
};

[[nodiscard]] NetworkDiff diff_networks(const NetworkToDiff& base, const NetworkToDiff& contender);

}  // namespace mobilenet_cost
