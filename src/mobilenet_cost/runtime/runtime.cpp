#include "mobilenet_cost/runtime/runtime.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/liveness.h"
#include "mobilenet_cost/runtime/convert.h"
#include "mobilenet_cost/runtime/tflm.h"

namespace mobilenet_cost {
namespace {

constexpr std::array<RuntimeRules, 2> kRules = {{
    {.title = "live tensors",
     .rules = "maps that live at one time, and the weights: no runtime needs less",
     .error = "a lower bound: published needs are 0.76 to 2.6 times as large"},
    {.title = "TensorFlow Lite Micro",
     .rules =
         "arena of the greedy planner and of its structures (64 bits), int8 file of TensorFlow's converter",
     .error = "arena to the byte, file within 0.1 %, over the networks of tests/data/tflm_arena.csv"},
}};

RuntimeNeed live_need(const Network& network, DataType data_type) {
    const std::int64_t elements = peak_memory(network, Overlap::none).elements;
    return {.runtime = Runtime::live,
            .ram_bytes = checked_multiply(elements, element_bytes(data_type)),
            .flash_bytes = weight_bytes(total_cost(network), data_type)};
}

RuntimeNeed tflm_need(const Network& network, DataType data_type) {
    if (data_type != DataType::i8)
        fail("--runtime tflm", fmt::format("expected data type i8, found {}", data_type_name(data_type)));
    const TfliteGraph graph = as_converted(network);
    const std::int64_t head = tflm_head(graph).bytes;
    const std::int64_t tail = tflm_tail_bytes(graph);
    return {.runtime = Runtime::tflm,
            .ram_bytes = checked_add(head, tail),
            .flash_bytes = tflite_file_bytes(graph, Training::trained),
            .head_bytes = head,
            .tail_bytes = tail,
            .file_bytes = tflite_file_bytes(as_converted(network, Training::none), Training::none)};
}

}  // namespace

const RuntimeRules& rules_of(Runtime runtime) {
    return kRules.at(static_cast<std::size_t>(runtime));
}

RuntimeNeed need_of(const Network& network, Runtime runtime, DataType data_type) {
    return runtime == Runtime::tflm ? tflm_need(network, data_type) : live_need(network, data_type);
}

}  // namespace mobilenet_cost
