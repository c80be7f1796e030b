#include "mobilenet_cost/import/constants.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/import/axes.h"

namespace mobilenet_cost {
namespace {

constexpr std::int64_t kMostEvaluated = std::int64_t{1} << 22;  // values of a constant that is worked out

/// A constant that is worked with.
struct Array {
    Dims dims;
    std::vector<double> numbers;
    bool whole = false;  ///< of whole numbers: division truncates
};

bool is_whole(ElementType type) {
    return type >= ElementType::i8;
}

std::int64_t count_of(const Dims& dims) {
    std::int64_t count = 1;
    for (const std::int64_t dim : dims) {
        if (dim < 0 || (dim > 0 && count > kMostEvaluated / dim)) return kMostEvaluated + 1;
        count *= dim;
    }
    return count;
}

std::optional<Array> array_of(const PlainGraph& graph, PlainTensorId id) {
    auto numbers = numbers_of(graph, id, kMostEvaluated);
    if (!numbers) return std::nullopt;
    const PlainTensor& tensor = graph.tensor(id);
    const bool whole = is_whole(tensor.values->type) && !tensor.values->quantisation;
    return Array{*tensor.dims, std::move(*numbers), whole};
}

void set_values(PlainTensor& tensor, const Dims& dims, PlainValues values) {
    tensor.dims = dims;
    tensor.values = std::move(values);
    tensor.is_constant = true;
}

bool set_array(PlainGraph& graph, const PlainNode& node, Array array) {
    PlainValues values = values_of_numbers(array.numbers);
    if (array.whole) {
        std::vector<std::int64_t> integers(array.numbers.size());
        std::transform(array.numbers.begin(), array.numbers.end(), integers.begin(), to_integer);
        values = values_of_bytes(ElementType::i64, std::string(reinterpret_cast<const char*>(integers.data()),
                                                               integers.size() * sizeof(std::int64_t)));
    }
    set_values(graph.tensor(node.outputs.front()), array.dims, std::move(values));
    return true;
}

/// The place in an array of `dims` of each value of one that it is broadcast to.
std::vector<std::size_t> broadcast_places(const Dims& dims, const Dims& to) {
    std::vector<std::size_t> places = {0};
    std::size_t stride = 1;
    std::vector<std::size_t> steps(to.size(), 0);
    for (std::size_t i = 0; i < dims.size(); ++i) {
        const std::size_t axis = dims.size() - 1 - i;
        if (dims[axis] != 1) steps[to.size() - 1 - i] = stride;
        stride *= static_cast<std::size_t>(dims[axis]);
    }
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
        std::vector<std::size_t> next;
        next.reserve(places.size() * static_cast<std::size_t>(to[axis]));
        for (const std::size_t place : places)
            for (std::int64_t i = 0; i < to[axis]; ++i)
                next.push_back(place + static_cast<std::size_t>(i) * steps[axis]);
        places = std::move(next);
    }
    return places;
}

using Binary = double (*)(double, double);

Binary binary_of(const std::string& op) {
    static const std::map<std::string, Binary> table = {
        {"Add", [](double a, double b) { return a + b; }},
        {"Sub", [](double a, double b) { return a - b; }},
        {"Mul", [](double a, double b) { return a * b; }},
        {"Div", [](double a, double b) { return a / b; }},
        {"Pow", [](double a, double b) { return std::pow(a, b); }},
        {"Min", [](double a, double b) { return std::min(a, b); }},
        {"Max", [](double a, double b) { return std::max(a, b); }},
        {"Mod", [](double a, double b) { return a - b * std::floor(a / b); }},
        {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
        {"Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
        {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
        {"And", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }},
        {"Or", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }}};
    const auto found = table.find(op);
    return found == table.end() ? nullptr : found->second;
}

using Unary = double (*)(double);

Unary unary_of(const std::string& op) {
    static const std::map<std::string, Unary> table = {{"Neg", [](double a) { return -a; }},
                                                       {"Sqrt", [](double a) { return std::sqrt(a); }},
                                                       {"Floor", [](double a) { return std::floor(a); }},
                                                       {"Ceil", [](double a) { return std::ceil(a); }},
                                                       {"Abs", [](double a) { return std::abs(a); }},
                                                       {"Exp", [](double a) { return std::exp(a); }},
                                                       {"Reciprocal", [](double a) { return 1 / a; }},
                                                       {"Not", [](double a) { return a == 0 ? 1.0 : 0.0; }},
                                                       {"Round", [](double a) { return std::nearbyint(a); }}};
    const auto found = table.find(op);
    return found == table.end() ? nullptr : found->second;
}

bool evaluate_binary(PlainGraph& graph, const PlainNode& node, Binary function) {
    const auto left = array_of(graph, node.input(0));
    const auto right = array_of(graph, node.input(1));
    if (!left || !right || node.inputs.size() != 2) return false;
    const auto dims = broadcast(left->dims, right->dims);
    if (!dims || count_of(*dims) > kMostEvaluated) return false;
    Array result{*dims, {}, left->whole && right->whole};
    const auto left_places = broadcast_places(left->dims, *dims);
    const auto right_places = broadcast_places(right->dims, *dims);
    for (std::size_t i = 0; i < left_places.size(); ++i) {
        const double value = function(left->numbers[left_places[i]], right->numbers[right_places[i]]);
        result.numbers.push_back(result.whole ? std::trunc(value) : value);
    }
    return set_array(graph, node, std::move(result));
}

bool evaluate_unary(PlainGraph& graph, const PlainNode& node, Unary function) {
    auto array = array_of(graph, node.input(0));
    if (!array) return false;
    std::transform(array->numbers.begin(), array->numbers.end(), array->numbers.begin(), function);
    return set_array(graph, node, *std::move(array));
}

bool evaluate_shape(PlainGraph& graph, const PlainNode& node) {
    const PlainTensorId id = node.input(0);
    if (id == kNoPlainTensor || !graph.tensor(id).dims) return false;
    const Dims& dims = *graph.tensor(id).dims;
    if (std::any_of(dims.begin(), dims.end(), [](std::int64_t dim) { return dim < 0; })) return false;
    if (node.op == "Size") return set_array(graph, node, {{}, {static_cast<double>(count_of(dims))}, true});
    const auto rank = static_cast<std::int64_t>(dims.size());
    const auto place = [&](std::int64_t axis) {
        return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
    };
    const std::int64_t begin = place(node.integer("start", 0));
    const std::int64_t end = std::max(begin, place(node.integer("end", rank)));
    Array result{{end - begin}, {dims.begin() + begin, dims.begin() + end}, true};
    return set_array(graph, node, std::move(result));
}

bool evaluate_cast(PlainGraph& graph, const PlainNode& node) {
    constexpr std::array<std::int64_t, 4> kFractions = {1, 10, 11, 16};  // types of TensorProto
    auto array = array_of(graph, node.input(0));
    if (!array) return false;
    const std::int64_t to = node.integer("to", 1);
    array->whole = std::find(kFractions.begin(), kFractions.end(), to) == kFractions.end();
    if (array->whole)
        for (double& number : array->numbers)
            number = std::trunc(number);
    return set_array(graph, node, *std::move(array));
}

bool evaluate_gather(PlainGraph& graph, const PlainNode& node) {
    const auto data = array_of(graph, node.input(0));
    const auto indices = array_of(graph, node.input(1));
    if (!data || !indices || data->dims.size() != 1 || node.integer("axis", 0) != 0) return false;
    Array result{indices->dims, {}, data->whole};
    const auto size = static_cast<double>(data->numbers.size());
    for (const double index : indices->numbers) {
        const double place = index < 0 ? index + size : index;
        if (!(place >= 0 && place < size))
            fail_at(graph, node, fmt::format("expected an index below {}, found {}", size, index));
        result.numbers.push_back(data->numbers[static_cast<std::size_t>(place)]);
    }
    return set_array(graph, node, std::move(result));
}

bool evaluate_concat(PlainGraph& graph, const PlainNode& node) {
    Array result{{0}, {}, true};
    for (const PlainTensorId id : node.inputs) {
        const auto part = array_of(graph, id);
        if (!part || part->dims.size() != 1) return false;
        result.numbers.insert(result.numbers.end(), part->numbers.begin(), part->numbers.end());
        result.whole = result.whole && part->whole;
    }
    if (static_cast<std::int64_t>(result.numbers.size()) > kMostEvaluated) return false;
    result.dims = {static_cast<std::int64_t>(result.numbers.size())};
    return set_array(graph, node, std::move(result));
}

bool evaluate_slice(PlainGraph& graph, const PlainNode& node) {
    const auto array = array_of(graph, node.input(0));
    if (!array) return false;
    const auto ranges = slice_ranges(graph, node, array->dims);
    if (!ranges) return false;
    std::vector<SliceRange> of_axis;
    for (const std::int64_t size : array->dims)
        of_axis.push_back({of_axis.size(), 0, size, 1});
    for (const SliceRange& range : *ranges)
        of_axis[range.axis] = range;
    std::vector<std::int64_t> places = {0};
    Array result{{}, {}, array->whole};
    for (const SliceRange& range : of_axis) {
        std::vector<std::int64_t> next;
        for (const std::int64_t place : places)
            for (std::int64_t i = 0; i < range.count; ++i)
                next.push_back(place * array->dims[range.axis] + range.begin + i * range.step);
        places = std::move(next);
        result.dims.push_back(range.count);
    }
    for (const std::int64_t place : places)
        result.numbers.push_back(array->numbers[static_cast<std::size_t>(place)]);
    return set_array(graph, node, std::move(result));
}

bool evaluate_transpose(PlainGraph& graph, const PlainNode& node) {
    const auto array = array_of(graph, node.input(0));
    if (!array) return false;
    const std::size_t rank = array->dims.size();
    const auto given = order_of(node, rank);
    if (!given) return false;
    const Dims& order = *given;
    Array result{{}, std::vector<double>(array->numbers.size()), array->whole};
    Dims strides(rank, 1);
    for (std::size_t i = rank; i-- > 1;)
        strides[i - 1] = strides[i] * array->dims[i];
    Dims place(rank, 0);
    for (const std::int64_t axis : order)
        result.dims.push_back(array->dims[static_cast<std::size_t>(axis)]);
    for (double& number : result.numbers) {
        std::int64_t from = 0;
        for (std::size_t i = 0; i < rank; ++i)
            from += place[i] * strides[static_cast<std::size_t>(order[i])];
        number = array->numbers[static_cast<std::size_t>(from)];
        for (std::size_t i = rank; i-- > 0 && ++place[i] == result.dims[i];)
            place[i] = 0;
    }
    return set_array(graph, node, std::move(result));
}

bool evaluate_filled(PlainGraph& graph, const PlainNode& node, double value, bool whole) {
    const auto dims = integers_of(graph, node.input(0));
    if (!dims || count_of(*dims) > kMostEvaluated) return false;
    return set_array(graph, node,
                     {*dims, std::vector<double>(static_cast<std::size_t>(count_of(*dims)), value), whole});
}

bool evaluate_expand(PlainGraph& graph, const PlainNode& node) {
    const auto array = array_of(graph, node.input(0));
    const auto shape = integers_of(graph, node.input(1));
    if (!array || !shape) return false;
    const auto dims = broadcast(array->dims, *shape);
    if (!dims || count_of(*dims) > kMostEvaluated) return false;
    Array result{*dims, {}, array->whole};
    for (const std::size_t place : broadcast_places(array->dims, *dims))
        result.numbers.push_back(array->numbers[place]);
    return set_array(graph, node, std::move(result));
}

bool evaluate_range(PlainGraph& graph, const PlainNode& node) {
    const auto begin = array_of(graph, node.input(0));
    const auto end = array_of(graph, node.input(1));
    const auto step = array_of(graph, node.input(2));
    if (!begin || !end || !step || begin->numbers.size() != 1 || end->numbers.size() != 1 ||
        step->numbers.size() != 1)
        return false;
    const double count = std::ceil((end->numbers[0] - begin->numbers[0]) / step->numbers[0]);
    if (!(count >= 0 && count <= static_cast<double>(kMostEvaluated))) return false;
    Array result{{static_cast<std::int64_t>(count)}, {}, begin->whole};
    for (std::int64_t i = 0; i < result.dims[0]; ++i)
        result.numbers.push_back(begin->numbers[0] + static_cast<double>(i) * step->numbers[0]);
    return set_array(graph, node, std::move(result));
}

/// Over all dimensions.
bool evaluate_reduction(PlainGraph& graph, const PlainNode& node) {
    static const std::map<std::string, Binary> table = {
        {"ReduceMin", [](double a, double b) { return std::min(a, b); }},
        {"ReduceMax", [](double a, double b) { return std::max(a, b); }},
        {"ReduceSum", [](double a, double b) { return a + b; }},
        {"ReduceProd", [](double a, double b) { return a * b; }}};
    const auto array = array_of(graph, node.input(0));
    if (!array || array->numbers.empty()) return false;
    const auto axes = axes_of(graph, node, 1, array->dims.size());
    const bool all = axes && (axes->empty() || axes->size() == array->dims.size());
    if (!all || node.integer("noop_with_empty_axes", 0) != 0) return false;
    double total = array->numbers.front();
    for (std::size_t i = 1; i < array->numbers.size(); ++i)
        total = table.at(node.op)(total, array->numbers[i]);
    const bool keeps = node.integer("keepdims", 1) != 0;
    return set_array(graph, node, {Dims(keeps ? array->dims.size() : 0, 1), {total}, array->whole});
}

bool evaluate_clip(PlainGraph& graph, const PlainNode& node) {
    auto array = array_of(graph, node.input(0));
    const auto low = clip_limit(graph, node, "min", 1, -INFINITY);
    const auto high = clip_limit(graph, node, "max", 2, INFINITY);
    if (!array || !low || !high) return false;
    for (double& number : array->numbers)
        number = std::min(std::max(number, *low), *high);
    return set_array(graph, node, *std::move(array));
}

bool evaluate_where(PlainGraph& graph, const PlainNode& node) {
    const auto condition = array_of(graph, node.input(0));
    const auto yes = array_of(graph, node.input(1));
    const auto no = array_of(graph, node.input(2));
    if (!condition || !yes || !no) return false;
    const auto both = broadcast(yes->dims, no->dims);
    const auto dims = both ? broadcast(*both, condition->dims) : std::nullopt;
    if (!dims || count_of(*dims) > kMostEvaluated) return false;
    const auto places = broadcast_places(condition->dims, *dims);
    const auto of_yes = broadcast_places(yes->dims, *dims);
    const auto of_no = broadcast_places(no->dims, *dims);
    Array result{*dims, {}, yes->whole && no->whole};
    for (std::size_t i = 0; i < places.size(); ++i)
        result.numbers.push_back(condition->numbers[places[i]] != 0 ? yes->numbers[of_yes[i]]
                                                                    : no->numbers[of_no[i]]);
    return set_array(graph, node, std::move(result));
}

/// The values of the input, by other sizes.
bool evaluate_same_values(PlainGraph& graph, const PlainNode& node) {
    const PlainTensor& from = graph.tensor(node.input(0));
    const auto dims = same_values_dims(graph, node, *from.dims);
    if (!dims) return false;
    PlainTensor& to = graph.tensor(node.outputs.front());
    to.dims = dims;
    to.values = from.values;
    to.is_constant = true;
    return true;
}

}  // namespace

bool evaluate(PlainGraph& graph, const PlainNode& node) {
    if (node.outputs.empty() || node.outputs.front() == kNoPlainTensor || node.inputs.empty()) return false;
    if (node.op == "Shape" || node.op == "Size") return evaluate_shape(graph, node);
    for (const PlainTensorId id : node.inputs)
        if (id != kNoPlainTensor && !graph.is_constant(id)) return false;
    if (node.input(0) == kNoPlainTensor) return false;
    if (const Binary function = binary_of(node.op)) return evaluate_binary(graph, node, function);
    if (const Unary function = unary_of(node.op)) return evaluate_unary(graph, node, function);
    using Evaluate = bool (*)(PlainGraph&, const PlainNode&);
    static const std::map<std::string, Evaluate> table = {
        {"Cast", evaluate_cast},           {"Gather", evaluate_gather},
        {"Concat", evaluate_concat},       {"Slice", evaluate_slice},
        {"Expand", evaluate_expand},       {"Range", evaluate_range},
        {"Transpose", evaluate_transpose}, {"Where", evaluate_where},
        {"Clip", evaluate_clip},           {"ReduceMin", evaluate_reduction},
        {"ReduceMax", evaluate_reduction}, {"ReduceSum", evaluate_reduction},
        {"ReduceProd", evaluate_reduction}};
    if (node.op == "ConstantOfShape") return evaluate_filled(graph, node, node.number("value", 0), false);
    const auto found = table.find(node.op);
    return found == table.end() ? evaluate_same_values(graph, node) : found->second(graph, node);
}

}  // namespace mobilenet_cost
