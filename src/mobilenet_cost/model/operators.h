#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mobilenet_cost {

/// What an operator does with values; see Operation.
enum class OperatorClass {
    by_value,    ///< each output value from the values at its place
    normalises,  ///< values by sums over some of them
    moves,       ///< the values that it writes are the ones that it reads
    joins,       ///< maps one behind the other, each in the order of its pixels, as a map of other sizes
    reduces,     ///< sums, largest values and places of such
    multiplies,  ///< has MACs
    enters,      ///< the map comes from outside, as the network's first input does
};

/// Numbers of an operator: what they mean is its own.
using OperatorNumbers = std::array<float, 2>;

/// An operator that no kind of layer says: its name, that in ONNX, and where it is a function of one value,
/// that function.
struct OperatorRow {
    std::string_view name;
    std::string_view onnx;
    OperatorClass what = OperatorClass::by_value;
    double (*function)(double x, const OperatorNumbers& numbers) = nullptr;
};

[[nodiscard]] std::span<const OperatorRow> operator_table();
[[nodiscard]] std::vector<std::string> operator_names();

/// The row of what ONNX calls so; absent: none.
[[nodiscard]] std::optional<std::size_t> operator_of_onnx(std::string_view name);

}  // namespace mobilenet_cost
