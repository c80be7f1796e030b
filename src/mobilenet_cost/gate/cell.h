#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/measure/network_kind.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

/// One network and how both builds run it.
struct GateCell {
    std::string model = "mobilenet_v1";    ///< with an empty `config`: each build's own model of that name
    std::string config = {};               ///< text of a model file, the same for both
    std::vector<std::string> inputs = {};  ///< NAME=DIMS: sizes of inputs of a file of others
    Variant variant;                       ///< resolution 0: the model's own
    NetworkKind network = NetworkKind::separable;  ///< or standard
    std::string engine = {};                       ///< empty: the fastest that both have
    int threads = 1;

    bool operator==(const GateCell&) const = default;
};

/// "mobilenet_v1/alpha=0.5/res=160/net=separable/engine=native/threads=1"; classes, batch and scope where
/// they are not the usual ones.
[[nodiscard]] std::string gate_cell_name(const GateCell& cell);

/// Short, for a table: "mobilenet_v1 0.5/160".
[[nodiscard]] std::string gate_cell_title(const GateCell& cell);

/// A JSON list of cells, {"cells": [...]}, or a sweep document, whose networks, engines and threads are those
/// that it measured. `defaults` has the values that a cell leaves out. Throws Error with the place; no
/// cell is an error.
[[nodiscard]] std::vector<GateCell> parse_gate_cells(std::string_view text, std::string_view place,
                                                     const GateCell& defaults);
[[nodiscard]] std::vector<GateCell> load_gate_cells(const std::filesystem::path& path,
                                                    const GateCell& defaults);

}  // namespace mobilenet_cost
