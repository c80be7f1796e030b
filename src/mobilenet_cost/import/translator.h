#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/import/axes.h"
#include "mobilenet_cost/import/model_blocks.h"
#include "mobilenet_cost/import/window.h"
#include "mobilenet_cost/model/operators.h"

namespace mobilenet_cost {

/// What a tensor of the file is in the model: a block's map, and how the tensor lies in it.
struct TensorValue {
    BlockId block = kInputBlock;
    View view;
    bool alone = false;             ///< nothing else reads what the block writes
    const PlainNode* by = nullptr;  ///< the last node that changed the view
};

/// Makes blocks of nodes, one after another. Its functions lie in translator.cpp, and by what they translate
/// in translate_*.cpp; each returns whether the node is one that it knows how to say. A node that none does
/// is an operator of the table, which costs what its sizes say, or becomes a block "unknown".
class Translator {
  public:
    explicit Translator(const PlainGraph& graph);

    /// All nodes. Throws Error.
    void translate();

    [[nodiscard]] ModelBlocks& blocks() { return blocks_; }

  private:
    using Rule = bool (Translator::*)(const PlainNode&);
    static const std::map<std::string, Rule>& rules();

    // ---- values -------------------------------------------------------------------------------------------
    [[nodiscard]] bool is_one_image(const Dims& sizes) const;
    [[nodiscard]] PlainTensorId main_input() const;
    void add_inputs();
    void add_main_input(PlainTensorId id);
    void add_further_input(PlainTensorId id);
    void add_outputs();
    [[nodiscard]] const Dims& dims(PlainTensorId id) const { return *graph_.tensor(id).dims; }
    [[nodiscard]] bool is_constant(PlainTensorId id) const { return graph_.is_constant(id); }
    /// The node that alone reads a tensor; null: none does, or several, or it is an output.
    [[nodiscard]] const PlainNode* only_reader(PlainTensorId id) const;
    [[nodiscard]] bool is_read(PlainTensorId id) const;
    [[nodiscard]] const TensorValue& value(const PlainNode& node, std::size_t input) const;
    [[nodiscard]] const Shape& shape(const TensorValue& value) const { return blocks_.shape(value.block); }
    void set(PlainTensorId id, BlockId block, View view);
    /// The same block, seen otherwise.
    void set_view(const PlainNode& node, const TensorValue& from, View view);
    /// The same block, by the view that it has.
    void pass(const PlainNode& node);
    /// A block that writes what the node does, as a map or by the view of its first input.
    BlockId add(const PlainNode& node, ImportedBlock block);
    BlockId add_alike(const PlainNode& node, ImportedBlock block, std::size_t like = 0);
    /// The input as a map; where it is none, a block that makes it one comes before. Absent: no tensor of
    /// that rank is a map.
    [[nodiscard]] std::optional<BlockId> map(const PlainNode& node, std::size_t input);
    void shuffle_inputs(const PlainNode& node);
    bool shuffled(PlainTensorId id, const TensorValue& from);
    void unknown(const PlainNode& node);
    [[nodiscard]] bool is_sized(const PlainNode& node) const;
    [[nodiscard]] bool is_open(const PlainNode& node) const;

    // ---- operators of the table ---------------------------------------------------------------------------
    bool operation(const PlainNode& node);
    bool general(const PlainNode& node, std::size_t row);
    bool function_of(const PlainNode& node, std::size_t row);
    void function(const PlainNode& node, std::string_view name, const OperatorNumbers& numbers = {},
                  std::size_t input = 0);
    void linear_function(const PlainNode& node, std::size_t input, double factor, double shift);
    bool power(const PlainNode& node);
    BlockId moved(const PlainNode& node, PlainTensorId id, const FreeView& to);
    [[nodiscard]] BlockId aligned(const PlainNode& node, std::size_t input, const TensorValue& like);
    [[nodiscard]] std::vector<BlockId> blocks_read(const PlainNode& node) const;
    void join_first(const PlainNode& node, std::vector<BlockId>& inputs);
    [[nodiscard]] std::optional<FreeView> alike(const TensorValue& from, const Dims& sizes,
                                                const Dims& to) const;
    [[nodiscard]] std::optional<FreeView> as_an_input(const PlainNode& node, PlainTensorId output) const;
    [[nodiscard]] FreeView made_by(const PlainNode& node, PlainTensorId output) const;
    bool join(const PlainNode& node, std::size_t axis);
    [[nodiscard]] Json operator_keys(std::size_t row, const Shape& shape) const;
    [[nodiscard]] Json operator_keys(std::string_view name, const Shape& shape) const;
    [[nodiscard]] Json keys_of_shape(const std::string& op, const Shape& shape) const;

    // ---- by channel, activations --------------------------------------------------------------------------
    enum class Spread { one, by_channel, other };
    [[nodiscard]] Spread spread_of(PlainTensorId constant, const TensorValue& value, const Dims& dims) const;
    [[nodiscard]] ImportedBlock* open_block(const TensorValue& value);
    [[nodiscard]] bool take_in(ImportedBlock& block, const ChannelStep& step, Spread spread,
                               const PlainNode& node, BlockId id);
    [[nodiscard]] std::optional<double> number_of(const ChannelStep& step) const;
    void by_channel(const PlainNode& node, std::size_t input, const ChannelStep& step, Spread spread);
    bool batch_norm(const PlainNode& node);
    bool arithmetic(const PlainNode& node);
    [[nodiscard]] bool is_norm(const PlainNode& product) const;
    bool scales_product(const PlainNode& node, std::size_t input, PlainTensorId constant);
    bool with_constant(const PlainNode& node, std::size_t constant);
    void align(const PlainNode& node);
    bool two_maps(const PlainNode& node);
    bool sum(const PlainNode& node);
    [[nodiscard]] BlockId joined(const PlainNode& node, const char* kind, BlockId first, BlockId second);
    [[nodiscard]] bool gates(const TensorValue& gate, const Dims& gate_dims, const TensorValue& map,
                             const Dims& map_dims) const;
    bool activate(const PlainNode& node, const std::string& kind, std::optional<double> slope = std::nullopt);
    bool activation(const PlainNode& node);
    bool clip(const PlainNode& node);
    bool leaky_relu(const PlainNode& node);
    bool prelu(const PlainNode& node);
    bool hard_sigmoid(const PlainNode& node);
    bool gelu(const PlainNode& node);
    bool softmax(const PlainNode& node);

    // ---- layers -------------------------------------------------------------------------------------------
    bool conv(const PlainNode& node);
    bool transposed_conv(const PlainNode& node);
    [[nodiscard]] bool set_bias(const PlainNode& node, std::size_t input, std::int64_t channels,
                                ImportedBlock& block) const;
    bool window_pool(const PlainNode& node);
    bool global_pool(const PlainNode& node);
    bool reduce(const PlainNode& node);
    bool gemm(const PlainNode& node);
    bool matmul(const PlainNode& node);
    bool attention(const PlainNode& node);
    bool linear(const PlainNode& node, bool turned, std::int64_t outputs);
    bool resize(const PlainNode& node);
    bool expand(const PlainNode& node);
    bool pad(const PlainNode& node);

    // ---- views and channels -------------------------------------------------------------------------------
    bool same_values(const PlainNode& node);
    bool nothing(const PlainNode& node);
    bool transpose(const PlainNode& node);
    bool split(const PlainNode& node);
    bool slice(const PlainNode& node);
    bool gather(const PlainNode& node);
    [[nodiscard]] bool takes(const TensorValue& from, std::size_t axis) const;
    bool take(const PlainNode& node, std::size_t output, std::size_t axis, std::int64_t begin,
              std::int64_t count, bool drop);
    bool concat(const PlainNode& node);

    const PlainGraph& graph_;
    ModelBlocks blocks_;
    std::vector<const PlainNode*> last_reader_;       ///< by tensor
    std::vector<std::int32_t> readers_;               ///< by tensor
    std::vector<std::optional<TensorValue>> values_;  ///< by tensor
    std::int64_t batch_ = 1;                          ///< of the file
};

/// The formula of a number of channels that the width multiplier leaves as it is.
[[nodiscard]] std::string fixed_width(std::int64_t channels);

/// Rows and columns: one number where they are the same.
[[nodiscard]] Json sides_json(std::int64_t rows, std::int64_t columns);

}  // namespace mobilenet_cost
