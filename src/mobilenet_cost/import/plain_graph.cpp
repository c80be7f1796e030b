#include "mobilenet_cost/import/plain_graph.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

template <typename Value>
std::optional<Value> attribute_of(const PlainNode& node, const std::string& name) {
    const auto found = node.attributes.find(name);
    if (found == node.attributes.end()) return std::nullopt;
    if (const Value* value = std::get_if<Value>(&found->second)) return *value;
    return std::nullopt;
}

std::string node_place(const PlainGraph& graph, const PlainNode& node) {
    if (node.name.empty()) return fmt::format("{}: a node of {}", graph.file, in_quotes(node.op));
    return fmt::format("{}: node {}", graph.file, in_quotes(node.name));
}

std::string tensor_place(const PlainGraph& graph, const PlainTensor& tensor) {
    return fmt::format("{}: tensor {}", graph.file, in_quotes(tensor.name));
}

/// IEEE 754 binary16.
float from_half(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
    if (exponent == 31) return sign * (fraction == 0 ? INFINITY : NAN);
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
    return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

/// The upper half of binary32.
float from_brain(std::uint16_t bits) {
    const std::uint32_t whole = static_cast<std::uint32_t>(bits) << 16;
    float value = 0;
    std::memcpy(&value, &whole, sizeof value);
    return value;
}

template <typename Stored, typename Number>
std::vector<Number> converted(std::string_view bytes, Number (*convert)(Stored)) {
    std::vector<Number> numbers(bytes.size() / sizeof(Stored));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        Stored stored{};
        std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
        numbers[i] = convert(stored);
    }
    return numbers;
}

/// Two values a byte; those of `i4` above 7 stand for negative ones.
template <typename Number>
std::vector<Number> of_halves(std::string_view bytes, std::size_t count, bool is_signed) {
    std::vector<Number> numbers(count);
    for (std::size_t i = 0; i < count; ++i) {
        const int pair = static_cast<unsigned char>(bytes[i / 2]);
        const int half = i % 2 == 0 ? pair & 15 : pair >> 4;
        numbers[i] = static_cast<Number>(is_signed && half > 7 ? half - 16 : half);
    }
    return numbers;
}

template <typename Stored, typename Number>
Number cast(Stored stored) {
    return static_cast<Number>(stored);
}

template <typename Number>
std::vector<Number> decoded(ElementType type, std::string_view bytes, std::int64_t count) {
    switch (type) {
        case ElementType::i4:
        case ElementType::u4:
            return of_halves<Number>(bytes, static_cast<std::size_t>(count), type == ElementType::i4);
        case ElementType::f32:
            return converted<float, Number>(bytes, cast);
        case ElementType::f64:
            return converted<double, Number>(bytes, cast);
        case ElementType::f16:
            return converted<std::uint16_t, Number>(
                bytes, [](std::uint16_t bits) { return static_cast<Number>(from_half(bits)); });
        case ElementType::bf16:
            return converted<std::uint16_t, Number>(
                bytes, [](std::uint16_t bits) { return static_cast<Number>(from_brain(bits)); });
        case ElementType::i8:
            return converted<std::int8_t, Number>(bytes, cast);
        case ElementType::u8:
        case ElementType::boolean:
            return converted<std::uint8_t, Number>(bytes, cast);
        case ElementType::i16:
            return converted<std::int16_t, Number>(bytes, cast);
        case ElementType::u16:
            return converted<std::uint16_t, Number>(bytes, cast);
        case ElementType::i32:
            return converted<std::int32_t, Number>(bytes, cast);
        case ElementType::u32:
            return converted<std::uint32_t, Number>(bytes, cast);
        case ElementType::i64:
            return converted<std::int64_t, Number>(bytes, cast);
        case ElementType::u64:
            return converted<std::uint64_t, Number>(bytes, cast);
        case ElementType::other:
            break;
    }
    return {};
}

/// Of a file beside the one that was read.
std::string external_bytes(const PlainGraph& graph, const PlainTensor& tensor, std::int64_t size) {
    const ExternalValues& external = *tensor.values->external;
    std::error_code failed;
    const auto available = static_cast<std::int64_t>(std::filesystem::file_size(external.file, failed));
    if (failed || external.offset > available || size > available - external.offset)
        fail_at(graph, tensor,
                fmt::format("expected {} bytes at {} of {}, found {}", size, external.offset,
                            abridged(external.file.string()),
                            failed ? failed.message() : fmt::format("a file of {} bytes", available)));
    std::string bytes(static_cast<std::size_t>(size), '\0');
    std::ifstream file(external.file, std::ios::binary);
    file.seekg(external.offset);
    file.read(bytes.data(), size);
    if (!file) fail_at(graph, tensor, "its data could not be read");
    return bytes;
}

/// What the stored numbers stand for.
template <typename Number>
void dequantise(const PlainGraph& graph, const PlainTensor& tensor, std::vector<Number>& numbers) {
    const Quantisation& by = *tensor.values->quantisation;
    const Dims& dims = *tensor.dims;
    const std::size_t places = by.scales.size();
    if (places > 1 && (by.axis >= dims.size() || dims[by.axis] != static_cast<std::int64_t>(places)))
        fail_at(graph, tensor,
                fmt::format("expected one scale, or one for each place along axis {} of {}, found {}",
                            by.axis, dims_text(dims), places));
    std::size_t run = 1;  // values of one place that follow each other
    for (std::size_t axis = by.axis + 1; places > 1 && axis < dims.size(); ++axis)
        run *= static_cast<std::size_t>(dims[axis]);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t place = i / run % places;
        const auto zero = static_cast<double>(by.zero_points[by.zero_points.size() == 1 ? 0 : place]);
        numbers[i] = static_cast<Number>(by.scales[place] * (static_cast<double>(numbers[i]) - zero));
    }
}

/// Throws Error where the values are not there, or not as many as the sizes say.
template <typename Number>
std::vector<Number> numbers_in(const PlainGraph& graph, const PlainTensor& tensor) {
    const PlainValues& values = *tensor.values;
    const std::int64_t count = element_count(graph, tensor);
    check_bytes(graph, tensor, values);
    const std::int64_t size = stored_size(values.type, count);
    std::vector<Number> numbers =
        values.external ? decoded<Number>(values.type, external_bytes(graph, tensor, size), count)
                        : decoded<Number>(values.type, values.bytes, count);
    if (values.quantisation) dequantise(graph, tensor, numbers);
    return numbers;
}

}  // namespace

std::int64_t element_size(ElementType type) {
    switch (type) {
        case ElementType::i4:
        case ElementType::u4:
        case ElementType::i8:
        case ElementType::u8:
        case ElementType::boolean:
            return 1;
        case ElementType::f16:
        case ElementType::bf16:
        case ElementType::i16:
        case ElementType::u16:
            return 2;
        case ElementType::f32:
        case ElementType::i32:
        case ElementType::u32:
            return 4;
        case ElementType::f64:
        case ElementType::i64:
        case ElementType::u64:
            return 8;
        case ElementType::other:
            break;
    }
    return 0;
}

std::int64_t stored_size(ElementType type, std::int64_t count) {
    if (type == ElementType::i4 || type == ElementType::u4) return count / 2 + count % 2;
    return count * element_size(type);
}

void check_most(const PlainGraph& graph, std::string_view what, std::size_t found, std::size_t most) {
    if (found > most) fail(graph.file, fmt::format("expected at most {} {}, found {}", most, what, found));
}

void check_some(const PlainGraph& graph, std::string_view what, std::size_t found) {
    if (found == 0) fail(graph.file, fmt::format("expected a graph with {}, found none", what));
}

void check_name(const PlainGraph& graph, std::string_view what, std::string_view name) {
    if (name.size() > kLongestPlainName)
        fail(graph.file, fmt::format("expected names of at most {} bytes, found {} with one of {}: {}",
                                     kLongestPlainName, what, name.size(), in_quotes(name)));
}

void check_rank(const PlainGraph& graph, const PlainTensor& tensor, std::size_t rank) {
    constexpr std::size_t kMostDims = 16;
    if (rank > kMostDims)
        fail_at(graph, tensor, fmt::format("expected at most {} dimensions, found {}", kMostDims, rank));
}

void check_dims(const PlainGraph& graph, const PlainTensor& tensor, const Dims& dims, std::int64_t least) {
    check_rank(graph, tensor, dims.size());
    for (const std::int64_t dim : dims)
        if (dim < least)
            fail_at(graph, tensor, fmt::format("expected sizes that are not negative, found {}", dim));
}

void check_bytes(const PlainGraph& graph, const PlainTensor& tensor, const PlainValues& values) {
    const std::int64_t size = stored_size(values.type, element_count(graph, tensor));
    if (values.external || values.type == ElementType::other) return;
    if (static_cast<std::int64_t>(values.bytes.size()) != size)
        fail_at(graph, tensor,
                fmt::format("expected {} bytes of data for {}, found {}", size, dims_text(*tensor.dims),
                            values.bytes.size()));
}

std::int64_t PlainNode::integer(const std::string& attribute, std::int64_t fallback) const {
    return attribute_of<std::int64_t>(*this, attribute).value_or(fallback);
}

double PlainNode::number(const std::string& attribute, double fallback) const {
    return attribute_of<double>(*this, attribute).value_or(fallback);
}

std::string PlainNode::text(const std::string& attribute, const std::string& fallback) const {
    return attribute_of<std::string>(*this, attribute).value_or(fallback);
}

Dims PlainNode::integers(const std::string& attribute, const Dims& fallback) const {
    return attribute_of<Dims>(*this, attribute).value_or(fallback);
}

PlainTensorId PlainNode::input(std::size_t index) const {
    return index < inputs.size() ? inputs[index] : kNoPlainTensor;
}

void fail_at(const PlainGraph& graph, const PlainNode& node, const std::string& message) {
    fail(node_place(graph, node), message);
}

void fail_at(const PlainGraph& graph, const PlainTensor& tensor, const std::string& message) {
    fail(tensor_place(graph, tensor), message);
}

std::string dims_text(const Dims& dims) {
    if (dims.empty()) return "a scalar";
    std::string text;
    for (const std::int64_t dim : dims)
        text += (text.empty() ? "" : "x") + (dim < 0 ? std::string("?") : std::to_string(dim));
    return shortened(text);
}

std::int64_t element_count(const PlainGraph& graph, const PlainTensor& tensor) {
    constexpr std::int64_t kMostElements = std::int64_t{1} << 46;
    std::int64_t count = 1;
    for (const std::int64_t dim : *tensor.dims) {
        if (dim < 0)
            fail_at(graph, tensor, fmt::format("expected known sizes, found {}", dims_text(*tensor.dims)));
        if (dim != 0 && count > kMostElements / dim)
            fail_at(graph, tensor,
                    fmt::format("expected at most 2^46 values, found {}", dims_text(*tensor.dims)));
        count *= dim;
    }
    return count;
}

std::optional<std::vector<double>> numbers_of(const PlainGraph& graph, PlainTensorId id, std::int64_t most) {
    if (!graph.is_constant(id)) return std::nullopt;
    const PlainTensor& tensor = graph.tensor(id);
    if (!tensor.values || tensor.values->type == ElementType::other) return std::nullopt;
    if (element_count(graph, tensor) > most) return std::nullopt;
    return numbers_in<double>(graph, tensor);
}

std::vector<float> floats_of(const PlainGraph& graph, PlainTensorId id) {
    const PlainTensor& tensor = graph.tensor(id);
    if (!tensor.values) fail_at(graph, tensor, "expected values, found none in the file");
    if (tensor.values->type == ElementType::other)
        fail_at(graph, tensor, "expected numbers, found another type of data");
    return numbers_in<float>(graph, tensor);
}

PlainValues values_of_bytes(ElementType type, std::string bytes) {
    const auto kept = std::make_shared<const std::string>(std::move(bytes));
    return {
        .type = type, .keeper = kept, .bytes = *kept, .external = std::nullopt, .quantisation = std::nullopt};
}

PlainValues values_of_numbers(const std::vector<double>& numbers) {
    std::string bytes(numbers.size() * sizeof(double), '\0');
    if (!numbers.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
    return values_of_bytes(ElementType::f64, std::move(bytes));
}

std::vector<std::int32_t> count_readers(const PlainGraph& graph) {
    std::vector<std::int32_t> readers(graph.tensors.size(), 0);
    const auto read = [&](PlainTensorId id) {
        if (id != kNoPlainTensor) ++readers[static_cast<std::size_t>(id)];
    };
    for (const PlainNode& node : graph.nodes)
        std::for_each(node.inputs.begin(), node.inputs.end(), read);
    std::for_each(graph.outputs.begin(), graph.outputs.end(), read);
    return readers;
}

namespace {

/// Tensor `id` is read where no earlier node has written it.
[[noreturn]] void fail_unwritten(const PlainGraph& graph, const PlainNode& node, PlainTensorId id) {
    const std::string name = in_quotes(graph.tensor(id).name);
    for (const PlainNode& other : graph.nodes) {
        if (std::find(other.outputs.begin(), other.outputs.end(), id) != other.outputs.end())
            fail_at(graph, node,
                    fmt::format("expected inputs that earlier nodes write, found {}, which node {} writes "
                                "later: a network has no cycles",
                                name, in_quotes(other.name)));
    }
    fail_at(graph, node, fmt::format("expected a tensor that the file has, found {}", name));
}

}  // namespace

void check_order(const PlainGraph& graph) {
    std::vector<bool> written(graph.tensors.size(), false);
    for (std::size_t id = 0; id < written.size(); ++id)
        written[id] = graph.tensors[id].is_constant;
    for (const PlainTensorId id : graph.inputs)
        written[static_cast<std::size_t>(id)] = true;
    for (const PlainNode& node : graph.nodes) {
        for (const PlainTensorId id : node.inputs)
            if (id != kNoPlainTensor && !written[static_cast<std::size_t>(id)])
                fail_unwritten(graph, node, id);
        for (const PlainTensorId id : node.outputs) {
            if (id == kNoPlainTensor) continue;
            if (written[static_cast<std::size_t>(id)])
                fail_at(graph, node,
                        fmt::format("expected an output that nothing else writes, found {}",
                                    in_quotes(graph.tensor(id).name)));
            written[static_cast<std::size_t>(id)] = true;
        }
    }
    for (const PlainTensorId id : graph.outputs) {
        if (!written[static_cast<std::size_t>(id)])
            fail(graph.file, fmt::format("output {}: expected a node that writes it, found none",
                                         in_quotes(graph.tensor(id).name)));
    }
}

void remove_unused(PlainGraph& graph) {
    std::vector<bool> used(graph.tensors.size(), false);
    for (const PlainTensorId id : graph.outputs)
        used[static_cast<std::size_t>(id)] = true;
    std::vector<bool> kept(graph.nodes.size(), false);
    for (std::size_t i = graph.nodes.size(); i-- > 0;) {
        const PlainNode& node = graph.nodes[i];
        kept[i] = std::any_of(node.outputs.begin(), node.outputs.end(), [&](PlainTensorId id) {
            return id != kNoPlainTensor && used[static_cast<std::size_t>(id)];
        });
        if (!kept[i]) continue;
        for (const PlainTensorId id : node.inputs)
            if (id != kNoPlainTensor) used[static_cast<std::size_t>(id)] = true;
    }
    std::size_t to = 0;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (!kept[i]) continue;
        if (to != i) graph.nodes[to] = std::move(graph.nodes[i]);
        ++to;
    }
    graph.nodes.resize(to);
}

}  // namespace mobilenet_cost
