#include "mobilenet_cost/import/einsum.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

struct Equation {
    std::vector<std::string> inputs;
    std::string output;
};

/// "bij,bjk->bik"; without an arrow, letters that are there once, sorted.
Equation equation_of(std::string text) {
    std::erase(text, ' ');
    const std::size_t arrow = text.find("->");
    Equation equation{.inputs = {""}, .output = arrow == text.npos ? "" : text.substr(arrow + 2)};
    for (const char letter : text.substr(0, arrow)) {
        if (letter == ',') {
            equation.inputs.emplace_back();
        } else {
            equation.inputs.back() += letter;
        }
    }
    if (arrow != text.npos) return equation;
    std::string sorted = text;
    std::erase(sorted, ',');
    std::sort(sorted.begin(), sorted.end());
    for (const char letter : sorted)
        if (std::count(sorted.begin(), sorted.end(), letter) == 1) equation.output += letter;
    return equation;
}

}  // namespace

std::optional<Einsum> read_einsum(const PlainGraph& graph, const PlainNode& node) {
    const std::string text = node.text("equation", "");
    const Equation equation = equation_of(text);
    if (text.find('.') != text.npos) return std::nullopt;
    const auto fail = [&] {
        fail_at(graph, node,
                fmt::format("expected inputs that fit {}, found others", in_quotes(shortened(text))));
    };
    if (equation.inputs.size() != node.inputs.size()) fail();
    std::map<char, std::int64_t> sizes;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const PlainTensorId id = node.inputs[i];
        if (id == kNoPlainTensor || !graph.tensor(id).dims) return std::nullopt;
        const Dims& dims = *graph.tensor(id).dims;
        if (dims.size() != equation.inputs[i].size()) fail();
        for (std::size_t k = 0; k < dims.size(); ++k)
            if (sizes.emplace(equation.inputs[i][k], dims[k]).first->second != dims[k]) fail();
    }
    Einsum result;
    for (const char letter : equation.output) {
        if (!sizes.contains(letter)) fail();
        result.dims.push_back(sizes[letter]);
    }
    for (const auto& [letter, size] : sizes) {
        result.products = checked_multiply(result.products, size);
        result.sums = result.sums || equation.output.find(letter) == std::string::npos;
    }
    return result;
}

}  // namespace mobilenet_cost
