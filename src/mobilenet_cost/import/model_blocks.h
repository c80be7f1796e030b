#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/import/imported_weights.h"

namespace mobilenet_cost {

/// A block by its index; the network's input is -1.
using BlockId = std::int32_t;
inline constexpr BlockId kInputBlock = -1;

/// One block of the model file, a layer.
struct ImportedBlock {
    std::string kind;
    std::string name = {};
    Json keys = Json::object();  ///< its own, and "activation"
    std::vector<BlockId> inputs = {};
    Shape shape = {};  ///< of what it writes
    bool tap = false;
    bool closed = false;          ///< its activation is there: nothing more becomes a part of it
    bool multiplied = false;      ///< its batch norm is a product of the file, and a sum may follow
    BlockId query = kInputBlock;  ///< of a product with keys, and what follows from it: the first factor
    BlockId like = kInputBlock;   ///< whose height and width it takes, if any
    WeightSource weights = {};
};

/// Blocks in the order in which they run, and the document that they make.
class ModelBlocks {
  public:
    explicit ModelBlocks(const PlainGraph& graph) : graph_(graph) {}

    Shape input;

    [[nodiscard]] ImportedBlock& operator[](BlockId id) { return blocks_[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const Shape& shape(BlockId id) const {
        return id == kInputBlock ? input : blocks_[static_cast<std::size_t>(id)].shape;
    }

    /// The name is the node's, or by its operator where it has none; changed where it would be another
    /// block's. Throws Error where the shape has nothing in it.
    BlockId add(const PlainNode& node, ImportedBlock block);

    void rename(BlockId id, const PlainNode& node);

    /// The model file and the weights of its blocks, those left out that no output depends on.
    /// `type`: in which its bytes are counted.
    [[nodiscard]] ImportedModel model(std::shared_ptr<const PlainGraph> graph, DataType type);

  private:
    [[nodiscard]] std::string unique(const PlainNode& node);
    [[nodiscard]] std::vector<bool> used() const;
    [[nodiscard]] Json block_json(std::size_t index, BlockId before) const;
    [[nodiscard]] std::string model_name() const;

    const PlainGraph& graph_;
    std::vector<ImportedBlock> blocks_;
    std::set<std::string> names_ = {"input"};
};

}  // namespace mobilenet_cost
