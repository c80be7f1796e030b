#pragma once

#include <cstdint>
#include <optional>

#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// What ST published for one int8 network on an STM32H7 with STM32Cube.AI 10.0.0, in hundredths of a KiB.
struct CubeAiRow {
    const char* model;  ///< of Keras
    double alpha;
    std::int64_t resolution;
    std::int64_t channels;
    std::int64_t classes;
    std::int64_t activation_ram;
    std::int64_t runtime_ram;
    std::int64_t weights_flash;
    std::int64_t code_flash;
};

struct CubeAiNeed {
    std::int64_t ram_bytes = 0;    ///< activations and the runtime's own
    std::int64_t flash_bytes = 0;  ///< weights and code

    bool operator==(const CubeAiNeed&) const = default;
};

/// Of exactly this network. Nothing where none was published: the tool is closed, and no rule that we know
/// gives its figures. (The same V1 of alpha 0.5 at 224 px takes 449.58 KiB with 5 classes and 431.07 with
/// 1000; alpha 1 takes more than its live tensors, alpha 0.25 less.)
[[nodiscard]] std::optional<CubeAiNeed> published_cube_ai(const Network& network);

}  // namespace mobilenet_cost
