#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "mobilenet_cost/model/layer_builder.h"

namespace mobilenet_cost {

/// The blocks of a model file that are one operator each, other than convolutions.
class GraphBlocks : protected LayerBuilder {
  protected:
    using LayerBuilder::LayerBuilder;

    void append_block(const WindowPoolBlock& block);
    void append_block(const SqueezeExciteBlock& block);
    void append_block(const AddBlock& block);
    void append_block(const MultiplyBlock& block);
    void append_block(const ConcatBlock& block);
    void append_block(const SliceBlock& block);
    void append_block(const ResizeBlock& block);
    void append_block(const ChannelShuffleBlock& block);
    void append_block(const ByChannelBlock& block);
    void append_block(const ActivationBlock& block);
    void append_block(const TransposedConvBlock& block);
    void append_block(const PadBlock& block);
    void append_block(const SoftmaxBlock& block);
    void append_block(const MatMulBlock& block);
    void append_block(const OperationBlock& block);
    void append_block(const UnknownBlock& block);

    /// What a block wrote, or of -1 the network's input.
    [[nodiscard]] const Tensor& tensor_of(std::int32_t block) const {
        return block < 0 ? input_ : written_[static_cast<std::size_t>(block)].first;
    }

    std::vector<std::pair<Tensor, Strides>> written_;  ///< by block; only where some block names its inputs

  private:
    /// The inputs of this block, which names them.
    [[nodiscard]] const std::vector<std::int32_t>& inputs() const {
        return config_.blocks[static_cast<std::size_t>(block_)].inputs;
    }

    void push_slopes();
    /// Fails unless the network's input is as large as the model says: what follows has a size of its own.
    void expect_own_size(const char* what) const;
};

}  // namespace mobilenet_cost
