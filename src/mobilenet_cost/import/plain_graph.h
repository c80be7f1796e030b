#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mobilenet_cost {

// A graph of operators as a file of others tells it, whatever its format. Operators, their inputs and their
// attributes have the names and meanings of ONNX (docs/Operators.md there); a reader of another format says
// what it found in these words.

using Dims = std::vector<std::int64_t>;

enum class ElementType { other, f32, f16, bf16, f64, i4, u4, i8, u8, i16, u16, i32, u32, i64, u64, boolean };

/// Bytes of one element by itself; 0 of `other`.
[[nodiscard]] std::int64_t element_size(ElementType type);

/// Bytes of so many elements of a tensor: two of 4 bits share one, the first has its lower half.
[[nodiscard]] std::int64_t stored_size(ElementType type, std::int64_t count);

/// Where a file keeps values outside of itself.
struct ExternalValues {
    std::filesystem::path file;
    std::int64_t offset = 0;
};

/// Stored values stand for scale * (stored - zero point); one of each, or one for each place along an axis.
struct Quantisation {
    std::vector<double> scales;
    std::vector<std::int64_t> zero_points;
    std::size_t axis = 0;
};

/// Values of a tensor that does not change, little-endian. They are looked at only when they are asked for.
struct PlainValues {
    ElementType type = ElementType::other;
    std::shared_ptr<const void> keeper;  ///< of the bytes
    std::string_view bytes;
    std::optional<ExternalValues> external;
    std::optional<Quantisation> quantisation;
};

/// A size that is not known is -1.
struct PlainTensor {
    std::string name;
    std::optional<Dims> dims;
    std::vector<std::string> symbols;  ///< names of the sizes that are not known; empty: none has any
    std::optional<Dims> declared;      ///< what the file says of a tensor that a node writes
    std::optional<PlainValues> values;
    ElementType stored = ElementType::other;  ///< how a file that is quantised keeps what a node writes
    bool is_constant = false;                 ///< has values, or stands for some that the file leaves open
};

using PlainAttribute =
    std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;

using PlainTensorId = std::int32_t;
inline constexpr PlainTensorId kNoPlainTensor = -1;

struct PlainNode {
    std::string op;  ///< of another domain than ONNX' own "DOMAIN.OP"
    std::string name;
    std::vector<PlainTensorId> inputs;  ///< kNoPlainTensor where an optional one is left out
    std::vector<PlainTensorId> outputs;
    std::map<std::string, PlainAttribute> attributes;

    [[nodiscard]] bool has(const std::string& attribute) const { return attributes.contains(attribute); }
    [[nodiscard]] std::int64_t integer(const std::string& attribute, std::int64_t fallback) const;
    [[nodiscard]] double number(const std::string& attribute, double fallback) const;
    [[nodiscard]] std::string text(const std::string& attribute, const std::string& fallback) const;
    [[nodiscard]] Dims integers(const std::string& attribute, const Dims& fallback) const;
    /// kNoPlainTensor where there is none.
    [[nodiscard]] PlainTensorId input(std::size_t index) const;
};

/// The order of a map's sizes.
enum class PlainLayout { nchw, nhwc };

/// Nodes in the order in which they run.
struct PlainGraph {
    std::string file;  ///< for messages
    std::string name;
    PlainLayout layout = PlainLayout::nchw;
    std::vector<PlainTensor> tensors;
    std::vector<PlainNode> nodes;
    std::vector<PlainTensorId> inputs;  ///< without those that have values
    std::vector<PlainTensorId> outputs;

    [[nodiscard]] PlainTensor& tensor(PlainTensorId id) { return tensors[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const PlainTensor& tensor(PlainTensorId id) const {
        return tensors[static_cast<std::size_t>(id)];
    }
    [[nodiscard]] bool is_constant(PlainTensorId id) const {
        return id != kNoPlainTensor && tensor(id).is_constant;
    }
};

/// Throws Error: `FILE: node "NAME": MESSAGE`; by its operator where it has no name.
[[noreturn]] void fail_at(const PlainGraph& graph, const PlainNode& node, const std::string& message);
[[noreturn]] void fail_at(const PlainGraph& graph, const PlainTensor& tensor, const std::string& message);

// What a file may have at most, whatever its format.
inline constexpr std::size_t kMostPlainNodes = 100'000;
inline constexpr std::size_t kMostPlainTensors = 400'000;
inline constexpr std::size_t kLongestPlainName = 4096;

/// Throws Error where there are more of `what` ("nodes") than that, or none though one is needed.
void check_most(const PlainGraph& graph, std::string_view what, std::size_t found, std::size_t most);
void check_some(const PlainGraph& graph, std::string_view what, std::size_t found);

/// Throws Error for a name that is too long; `what` has it: "a node".
void check_name(const PlainGraph& graph, std::string_view what, std::string_view name);

/// Throws Error at a tensor with too many dimensions, or a size below `least`: 0, or -1 where it may be open.
void check_rank(const PlainGraph& graph, const PlainTensor& tensor, std::size_t rank);
void check_dims(const PlainGraph& graph, const PlainTensor& tensor, const Dims& dims, std::int64_t least);

/// Throws Error at a tensor unless its values, which lie in the file, have as many bytes as its sizes say.
void check_bytes(const PlainGraph& graph, const PlainTensor& tensor, const PlainValues& values);

/// "1x3x224x?"
[[nodiscard]] std::string dims_text(const Dims& dims);

/// Product of known sizes. Throws Error at the tensor if it is larger than any memory.
[[nodiscard]] std::int64_t element_count(const PlainGraph& graph, const PlainTensor& tensor);

/// Values as numbers; absent if the tensor is no constant, the file leaves them open, or there are more than
/// `most`. Throws Error if they cannot be read.
[[nodiscard]] std::optional<std::vector<double>> numbers_of(const PlainGraph& graph, PlainTensorId id,
                                                            std::int64_t most);

/// All values of a constant as f32. Throws Error where the file has none.
[[nodiscard]] std::vector<float> floats_of(const PlainGraph& graph, PlainTensorId id);

/// Values that own their bytes.
[[nodiscard]] PlainValues values_of_bytes(ElementType type, std::string bytes);

/// A constant of f64 values.
[[nodiscard]] PlainValues values_of_numbers(const std::vector<double>& numbers);

/// How many nodes read each tensor; being an output of the graph counts, too.
[[nodiscard]] std::vector<std::int32_t> count_readers(const PlainGraph& graph);

/// Throws Error unless every tensor is written once, before it is read.
void check_order(const PlainGraph& graph);

/// Leaves out nodes that no output depends on.
void remove_unused(PlainGraph& graph);

}  // namespace mobilenet_cost
