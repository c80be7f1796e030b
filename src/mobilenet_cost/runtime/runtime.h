#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/runtime/tflite_graph.h"

namespace mobilenet_cost {

/// What allocates memory for a network on a device.
enum class Runtime { live, tflm, cube_ai };
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<Runtime> = {"live", "tflm", "cube_ai"};

/// The rules of a runtime in one line, and how far they are off from what was published or measured.
struct RuntimeRules {
    std::string_view title;
    std::string_view rules;
    std::string_view error;
};
[[nodiscard]] const RuntimeRules& rules_of(Runtime runtime);

/// What a runtime takes for a network.
struct RuntimeNeed {
    Runtime runtime = Runtime::live;
    std::int64_t ram_bytes = 0;    ///< while it runs
    std::int64_t flash_bytes = 0;  ///< of the model, without the runtime's code
    // Only of tflm; ram_bytes is their arena.
    std::optional<std::int64_t> head_bytes = {};  ///< maps and scratch, planned
    std::optional<std::int64_t> tail_bytes = {};  ///< structures that stay
    std::optional<std::int64_t> file_bytes = {};  ///< of a .tflite file that was never trained

    bool operator==(const RuntimeNeed&) const = default;
};

/// `tflm` and `cube_ai` know i8 alone. Throws Error for another data type, of tflm for a layer that has no
/// kernel, and of cube_ai for a network that has no published figure.
[[nodiscard]] RuntimeNeed need_of(const Network& network, Runtime runtime, DataType data_type);

/// Whether a runtime runs int8 networks alone.
[[nodiscard]] constexpr bool is_of_i8(Runtime runtime) {
    return runtime != Runtime::live;
}

/// Throws Error where a runtime does not run this type.
void expect_data_type(Runtime runtime, DataType data_type);

/// The operators that tflm runs: those of the .tflite file that the network was read from, at its own size,
/// otherwise as the converter would write them. Throws Error.
[[nodiscard]] TfliteGraph tflm_graph(const Network& network);

/// tflm for i8, otherwise live: what budgets of RAM and flash mean where no runtime is named.
[[nodiscard]] constexpr Runtime default_runtime(DataType data_type) {
    return data_type == DataType::i8 ? Runtime::tflm : Runtime::live;
}

}  // namespace mobilenet_cost
