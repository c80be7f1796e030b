#include "mobilenet_cost/runtime/runtime.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/imported_model.h"
#include "mobilenet_cost/model/liveness.h"
#include "mobilenet_cost/runtime/convert.h"
#include "mobilenet_cost/runtime/cube_ai.h"
#include "mobilenet_cost/runtime/tflite_file.h"
#include "mobilenet_cost/runtime/tflm.h"

namespace mobilenet_cost {
namespace {

constexpr std::array<RuntimeRules, 3> kRules = {{
    {.title = "live tensors",
     .rules = "maps that live at one time, none in the place of another, and the weights; no runtime's plan",
     .error =
         "what tflm and cube_ai take is 0.76 to 1.9 times as large in the networks that they are known of"},
    {.title = "TensorFlow Lite Micro",
     .rules =
         "arena of the greedy planner and of its structures (64 bits), int8 file of TensorFlow's converter",
     .error = "arena to the byte, file within 0.1 %, over the networks of tests/data/tflm_arena.csv"},
    {.title = "STM32Cube.AI 10.0.0 on an STM32H7",
     .rules = "no rules: the 13 figures of MobileNets that ST's model zoo prints, for exactly these networks",
     .error = "none, they are the published ones; every other network is unknown"},
}};

RuntimeNeed live_need(const Network& network, DataType data_type) {
    const std::int64_t elements = peak_memory(network, Overlap::none).elements;
    return {.runtime = Runtime::live,
            .ram_bytes = checked_multiply(elements, element_bytes(data_type)),
            .flash_bytes = weight_bytes(total_cost(network), data_type)};
}

/// The file that the network was read from, if this is its own network at its own size.
const TfliteFile* own_file(const Network& network) {
    const auto* const file = dynamic_cast<const TfliteFile*>(network.weights.get());
    if (file == nullptr || file->graph().inputs.size() != 1) return nullptr;
    const TfliteTensor& input = file->graph().tensors[file->graph().inputs.front()];
    if (input.elements != element_count(network.input)) return nullptr;
    return network.weights->of(network) ? file : nullptr;
}

/// Throws Error where the file has an operator that we have no rules for.
const TfliteGraph& graph_of(const TfliteFile& file) {
    if (!file.obstacle().empty())
        fail("--runtime tflm",
             fmt::format("expected operators that TensorFlow Lite Micro's int8 kernels run, found {}",
                         file.obstacle()));
    return file.graph();
}

RuntimeNeed tflm_need(const Network& network) {
    const TfliteFile* const file = own_file(network);
    const TfliteGraph graph = file != nullptr ? graph_of(*file) : as_converted(network);
    const std::int64_t head = tflm_head(graph).bytes;
    const std::int64_t tail = tflm_tail_bytes(graph);
    RuntimeNeed need{.runtime = Runtime::tflm,
                     .ram_bytes = checked_add(head, tail),
                     .flash_bytes = 0,
                     .head_bytes = head,
                     .tail_bytes = tail};
    if (file != nullptr) {
        need.flash_bytes = file->bytes();
        need.file_bytes = file->bytes();
    } else {
        need.flash_bytes = tflite_file_bytes(graph, Training::trained);
        need.file_bytes = tflite_file_bytes(as_converted(network, Training::none), Training::none);
    }
    return need;
}

}  // namespace

const RuntimeRules& rules_of(Runtime runtime) {
    return kRules.at(static_cast<std::size_t>(runtime));
}

void expect_data_type(Runtime runtime, DataType data_type) {
    if (is_of_i8(runtime) && data_type != DataType::i8)
        fail(fmt::format("--runtime {}", enum_name(runtime)),
             fmt::format("expected data type i8, found {}", data_type_name(data_type)));
}

TfliteGraph tflm_graph(const Network& network) {
    const TfliteFile* const file = own_file(network);
    return file != nullptr ? graph_of(*file) : as_converted(network);
}

RuntimeNeed need_of(const Network& network, Runtime runtime, DataType data_type) {
    expect_data_type(runtime, data_type);
    switch (runtime) {
        case Runtime::live:
            return live_need(network, data_type);
        case Runtime::tflm:
            return tflm_need(network);
        case Runtime::cube_ai:
            break;
    }
    const std::optional<CubeAiNeed> need = published_cube_ai(network);
    if (!need)
        fail("--runtime cube_ai",
             "expected a network that ST's model zoo has a figure of, found another one");
    return {.runtime = runtime, .ram_bytes = need->ram_bytes, .flash_bytes = need->flash_bytes};
}

}  // namespace mobilenet_cost
