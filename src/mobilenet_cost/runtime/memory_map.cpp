#include "mobilenet_cost/runtime/memory_map.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/liveness.h"
#include "mobilenet_cost/runtime/tflm.h"

namespace mobilenet_cost {
namespace {

using Indices = std::vector<std::size_t>;

bool holds(const Indices& indices, std::size_t index) {
    return std::find(indices.begin(), indices.end(), index) != indices.end();
}

BufferUse use_of(const TflmBuffer& buffer, const TfliteNode& node) {
    if (buffer.scratch) return BufferUse::scratch;
    if (holds(node.outputs, buffer.tensor)) return BufferUse::written;
    return holds(node.inputs, buffer.tensor) ? BufferUse::read : BufferUse::kept;
}

MemoryStep tflm_step(const Network& network, const TfliteGraph& graph, const TflmHead& head,
                     std::size_t index) {
    const TfliteNode& node = graph.nodes[index];
    MemoryStep step;
    step.op = enum_name(node.code);
    step.name = node.layer ? layer_name(network, *node.layer) : fmt::format("#{}", index);
    for (const TflmBuffer& buffer : head.buffers) {
        const PlannedBuffer& place = buffer.place;
        if (index + 1 < place.first || place.last < index + 1) continue;
        step.parts.push_back({place.offset, place.bytes, use_of(buffer, node)});
    }
    return step;
}

std::vector<MemoryStep> tflm_steps(const Network& network, std::int64_t& bytes) {
    const TfliteGraph graph = tflm_graph(network);
    const TflmHead head = tflm_head(graph);
    bytes = head.bytes;
    std::vector<MemoryStep> steps;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        steps.push_back(tflm_step(network, graph, head, i));
    return steps;
}

/// Tensors that live while a layer runs: those it reads, what it writes, then the others.
MemoryStep live_step(const Network& network, const Indices& last, std::int64_t element, std::size_t index) {
    const Layer& layer = network.layers[index];
    Indices reads;
    for_each_input(layer, [&](TensorId id) {
        if (!holds(reads, static_cast<std::size_t>(id))) reads.push_back(static_cast<std::size_t>(id));
    });
    MemoryStep step{.name = layer_name(network, index), .op = std::string(op_name(layer)), .parts = {}};
    std::int64_t offset = 0;
    const auto add = [&](std::size_t tensor, BufferUse use) {
        const std::int64_t elements = element_count(tensor_shape(network, static_cast<TensorId>(tensor)));
        step.parts.push_back({offset, checked_multiply(elements, element), use});
        offset = checked_add(offset, step.parts.back().bytes);
    };
    for (const std::size_t tensor : reads)
        add(tensor, BufferUse::read);
    add(index + 1, BufferUse::written);
    for (std::size_t tensor = 0; tensor <= index; ++tensor)
        if (last[tensor] >= index && !holds(reads, tensor)) add(tensor, BufferUse::kept);
    return step;
}

std::vector<MemoryStep> live_steps(const Network& network, DataType data_type, std::int64_t& bytes) {
    const Indices last = last_uses(network);
    const std::int64_t element = element_bytes(data_type);
    std::vector<MemoryStep> steps;
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        steps.push_back(live_step(network, last, element, i));
    bytes = checked_multiply(peak_memory(network, Overlap::none).elements, element);
    return steps;
}

}  // namespace

MemoryMap memory_map(const Network& network, Runtime runtime, DataType data_type) {
    expect_data_type(runtime, data_type);
    if (runtime == Runtime::cube_ai)
        fail("--memory-map", "expected a runtime whose plan is known (live, tflm), found cube_ai");
    MemoryMap map{.runtime = runtime, .bytes = 0, .steps = {}};
    map.steps =
        runtime == Runtime::tflm ? tflm_steps(network, map.bytes) : live_steps(network, data_type, map.bytes);
    for (std::size_t i = 0; i < map.steps.size(); ++i) {
        for (const MemoryPart& part : map.steps[i].parts)
            map.steps[i].live_bytes = checked_add(map.steps[i].live_bytes, part.bytes);
        if (map.steps[i].live_bytes > map.steps[map.peak].live_bytes) map.peak = i;
    }
    return map;
}

}  // namespace mobilenet_cost
