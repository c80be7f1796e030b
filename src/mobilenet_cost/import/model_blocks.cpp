#include "mobilenet_cost/import/model_blocks.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/import/scaling.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kMostLayers = 4096;  // of a model file

}  // namespace

BlockId ModelBlocks::add(const PlainNode& node, ImportedBlock block) {
    const Shape& shape = block.shape;
    if (std::min({shape.h, shape.w, shape.c}) < 1)
        fail_at(graph_, node,
                fmt::format("expected an output with values, found {}x{}x{}", shape.h, shape.w, shape.c));
    if (blocks_.size() == kMostLayers)
        fail(graph_.file, fmt::format("expected at most {} layers, found more", kMostLayers));
    block.name = unique(node);
    blocks_.push_back(std::move(block));
    return static_cast<BlockId>(blocks_.size()) - 1;
}

void ModelBlocks::rename(BlockId id, const PlainNode& node) {
    names_.erase((*this)[id].name);
    (*this)[id].name = unique(node);
}

std::string ModelBlocks::unique(const PlainNode& node) {
    const std::string wanted = node.name.empty() ? node.op : printable(node.name);
    std::string name = wanted;
    for (int count = 2; !names_.insert(name).second; ++count)
        name = fmt::format("{}#{}", wanted, count);
    return name;
}

std::vector<bool> ModelBlocks::used() const {
    std::vector<bool> used(blocks_.size(), false);
    for (std::size_t i = blocks_.size(); i-- > 0;) {
        used[i] = used[i] || blocks_[i].tap;
        for (const BlockId read : blocks_[i].inputs)
            if (used[i] && read >= 0) used[static_cast<std::size_t>(read)] = true;
    }
    return used;
}

Json ModelBlocks::block_json(std::size_t index, BlockId before) const {
    const ImportedBlock& block = blocks_[index];
    Json json = object_of({{"kind", block.kind}, {"name", block.name}});
    for (const auto& [key, value] : block.keys.items())
        json[key] = value;
    if (block.like != kInputBlock) json["like"] = blocks_[static_cast<std::size_t>(block.like)].name;
    if (block.tap) json["tap"] = true;
    if (block.inputs == std::vector<BlockId>{before}) return json;
    Json& inputs = json["inputs"] = Json::array();
    for (const BlockId read : block.inputs)
        inputs.push_back(read == kInputBlock ? "input" : blocks_[static_cast<std::size_t>(read)].name);
    return json;
}

std::string ModelBlocks::model_name() const {
    return printable(std::filesystem::path(graph_.file).stem().string());
}

ImportedModel ModelBlocks::model(std::shared_ptr<const PlainGraph> graph, DataType type) {
    const std::vector<bool> used = this->used();
    const std::int64_t divisor = let_scale(blocks_, used);
    Json blocks = Json::array();
    std::vector<WeightSource> sources;
    BlockId before = kInputBlock;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        if (!used[i]) continue;
        blocks.push_back(block_json(i, before));
        sources.push_back(std::move(blocks_[i].weights));
        before = static_cast<BlockId>(i);
    }
    if (blocks.empty()) fail(graph_.file, "expected an output that depends on the input, found none");
    Json size = input.h;
    if (input.h != input.w) size = fmt::format("{}x{}", input.h, input.w);
    Json document = object_of(
        {{"schema", "mobilenet-cost.model.v2"},
         {"name", model_name()},
         {"resolution", size},
         {"input_channels", input.c},
         {"padding", "valid"},
         {"rounding", object_of({{"rule", "divisible"}, {"divisor", divisor}, {"minimum", divisor}})},
         {"activation", "none"},
         {"blocks", std::move(blocks)}});
    if (type != DataType::f32) document["dtype"] = std::string(data_type_name(type));
    return {pretty_json(document), imported_weights(std::move(graph), std::move(sources))};
}

}  // namespace mobilenet_cost
