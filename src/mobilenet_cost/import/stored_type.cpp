#include "mobilenet_cost/import/stored_type.h"

#include <algorithm>
#include <map>
#include <set>

namespace mobilenet_cost {
namespace {

/// Values by the bytes that each takes; of floating point, or whole numbers that stand for it.
using Tally = std::map<std::int64_t, std::int64_t>;

std::int64_t most_of(const Tally& sizes) {
    const auto most = std::max_element(sizes.begin(), sizes.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == sizes.end() ? element_size(ElementType::f32) : most->first;
}

bool has_filter(const PlainGraph& graph, const PlainNode& node) {
    static const std::set<std::string> ops = {"Conv", "ConvTranspose", "Gemm", "MatMul"};
    return ops.contains(node.op) && graph.is_constant(node.input(1)) && graph.tensor(node.input(1)).dims;
}

/// Where the reader did not tell, a map is of the type of its filter.
std::int64_t map_size(const PlainTensor& map, std::int64_t filter_size) {
    return map.stored == ElementType::other ? filter_size : element_size(map.stored);
}

}  // namespace

DataType stored_type(const PlainGraph& graph) {
    Tally filters;
    Tally maps;
    for (const PlainNode& node : graph.nodes) {
        if (!has_filter(graph, node)) continue;
        const PlainTensor& filter = graph.tensor(node.input(1));
        const ElementType type = filter.values ? filter.values->type : filter.stored;
        // Numbers that were worked out are f64.
        const std::int64_t size =
            type == ElementType::other || type == ElementType::f64 ? 4 : element_size(type);
        filters[size] += element_count(graph, filter);
        maps[map_size(graph.tensor(node.outputs.front()), size)] += 1;
    }
    const std::int64_t filter = most_of(filters);
    const std::int64_t map = most_of(maps);
    if (filter == 1) return map == 1 ? DataType::i8 : map == 4 ? DataType::w8a32 : DataType::f32;
    if (filter == 2) return map == 2 ? DataType::f16 : map == 4 ? DataType::w16a32 : DataType::f32;
    return DataType::f32;
}

}  // namespace mobilenet_cost
