#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <tflite_schema.h>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// One operator of a file, and the graph that its nodes become a part of. Its functions lie in operators.cpp,
/// and by what they say in operators_*.cpp; each returns false for settings that no operator of ONNX has, or
/// that only a network that runs works out: the operator then keeps its own name.
class OperatorReader {
  public:
    OperatorReader(PlainGraph& graph, const tflite::Operator& from, PlainNode node)
        : graph_(graph), from_(from), node_(std::move(node)) {}

    void add(tflite::BuiltinOperator code);

  private:
    using Attributes = std::map<std::string, PlainAttribute>;
    using Rule = bool (OperatorReader::*)();

    static const std::map<tflite::BuiltinOperator, std::string>& plain_names();
    static const std::map<tflite::BuiltinOperator, Rule>& rules();

    // ---- nodes --------------------------------------------------------------------------------------------
    void push();
    /// A tensor between two nodes of one operator.
    PlainTensorId between();
    /// A node that comes before, or behind, the operator's own.
    PlainTensorId push_node(const std::string& op, std::vector<PlainTensorId> inputs,
                            Attributes attributes = {});
    bool become(const std::string& op, Attributes attributes = {});
    /// The node, and the activation that it has in it.
    bool become_activated(tflite::ActivationFunctionType activation, const std::string& op,
                          Attributes attributes = {});
    static Attributes limits(double low, double high);
    template <typename Options>
    const Options* options() const {
        return from_.builtin_options_type() == tflite::BuiltinOptionsTraits<Options>::enum_value
                   ? static_cast<const Options*>(from_.builtin_options())
                   : nullptr;
    }
    /// Settings that the operator must have.
    template <typename Options>
    const Options& settings() const {
        const Options* found = options<Options>();
        if (found == nullptr) fail_at(graph_, node_, "expected the options of its operator, found none");
        return *found;
    }
    const PlainTensor& tensor(std::size_t input) const;
    const Dims& dims(std::size_t input) const;
    std::optional<Dims> integers(std::size_t input) const;
    /// A list of settings: of axes or sizes.
    Dims list(const flatbuffers::Vector<std::int32_t>* from) const;
    /// Channels of a map: its last size.
    std::int64_t channels(std::size_t input) const;

    // ---- layers -------------------------------------------------------------------------------------------
    template <typename Options>
    static Attributes window(const Options& from);
    template <typename Options>
    bool convolution(std::int64_t groups, const char* order);
    /// Filters (Co, KH, KW, Ci / groups).
    bool conv();
    /// (1, KH, KW, Co).
    bool depthwise();
    /// Reads the sizes of its output, filters (Co, KH, KW, Ci), the map, and a bias.
    bool transposed_conv();
    bool pool();
    /// A matrix (outputs, inputs) for the last dimension; without keep_num_dims all the others become rows.
    bool fully_connected();
    bool batch_matmul();
    PlainTensorId turned(std::size_t input);

    // ---- by value -----------------------------------------------------------------------------------------
    template <typename Options>
    bool arithmetic();
    bool square();
    bool squared_difference();
    bool inverse_root();
    bool clip();
    bool leaky_relu();
    bool gelu();
    bool softmax();
    bool reduce();
    bool cast();

    // ---- sizes --------------------------------------------------------------------------------------------
    bool reshape();
    bool squeeze();
    bool transpose();
    /// Rows of [before, behind].
    bool pad();

    // ---- parts --------------------------------------------------------------------------------------------
    bool concatenation();
    bool pack();
    bool unpack();
    bool split();
    bool split_by_sizes();
    static constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int32_t>::max();
    /// Begins, and sizes; -1 is all that is left.
    bool slice();
    /// Begins, ends and steps; a bit of a mask stands for "from the first", "to the last", or one that goes.
    bool strided_slice();
    bool gather();

    // ---- resizing -----------------------------------------------------------------------------------------
    bool resize(const std::string& mode, const std::string& pixels, const std::string& rounding);
    template <typename Options>
    static std::string pixels_of(const Options& from);
    bool resize_bilinear();
    bool resize_nearest();
    bool depth_to_space();
    bool space_to_depth();
    bool filled();

    PlainGraph& graph_;
    const tflite::Operator& from_;
    PlainNode node_;
};

}  // namespace mobilenet_cost
