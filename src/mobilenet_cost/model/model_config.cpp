#include "mobilenet_cost/model/model_config.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using Keys = std::vector<std::string>;

constexpr std::int64_t kLargestKernel = 255;
constexpr std::int64_t kLargestStride = 16;
constexpr std::int64_t kMostConfigChannels = 1 << 20;
constexpr std::size_t kMostBlocks = 4096;
constexpr double kLargestExpansion = 1000;
constexpr double kLargestConfigAlpha = 1000;
constexpr const char* kSecondSchema = "mobilenet-cost.model.v2";  // "extends", "changes", "sizes"
constexpr std::size_t kLargestModelFile = 1 << 20;                // bytes; the largest bundled config is 4 kB

/// Names are printed to terminals and must look different there.
std::string read_name(const ObjectReader& reader) {
    std::string name = reader.text("name");
    if (!is_printable(name)) reader.fail_expected("name", "a name without control characters");
    return name;
}

std::int64_t channels(const ObjectReader& block) {
    return block.integer("channels", 1, kMostConfigChannels);
}

std::int64_t kernel(const ObjectReader& block) {
    return block.integer("kernel", 1, kLargestKernel);
}

std::int64_t stride(const ObjectReader& block) {
    return block.integer("stride", 1, kLargestStride, 1);
}

/// A number, or [numerator, denominator] where the published ratio is not a short decimal (88 / 24).
double expansion(const ObjectReader& block) {
    const json& value = block.at("expansion");
    if (!value.is_array()) return read_number(value, block.place("expansion"), 0, kLargestExpansion);
    if (value.size() != 2) block.fail_expected("expansion", "a number or [numerator, denominator]");
    const double numerator = read_number(value[0], block.place("expansion/0"), 0, 1e6);
    const double ratio = numerator / read_number(value[1], block.place("expansion/1"), 0, 1e6);
    if (ratio > kLargestExpansion)
        block.fail_expected("expansion", fmt::format("at most {}", kLargestExpansion));
    return ratio;
}

BlockKind read_conv(const ObjectReader& block) {
    const bool relative = block.has("expansion");
    if (relative && block.has("channels"))
        block.fail_expected("expansion", "channels or expansion, not both");
    return ConvBlock{
        .channels = relative ? 1 : channels(block),
        .kernel = kernel(block),
        .stride = stride(block),
        .scaling = block.one_of("scale", WidthScaling::always),
        .scaled_from = block.number("scale_from", 0, kLargestConfigAlpha, 0),
        .expansion = relative ? expansion(block) : 0,
        .padding = block.has("padding") ? std::optional(block.one_of<PaddingRule>("padding")) : std::nullopt,
        .batch_norm = block.boolean("batch_norm", true),
        .bias = block.boolean("bias", false)};
}

BlockKind read_depthwise_separable(const ObjectReader& block) {
    return DepthwiseSeparableBlock{.channels = channels(block),
                                   .kernel = kernel(block),
                                   .stride = stride(block),
                                   .squeeze_excite = block.number("squeeze_excite", 0, 1, 0),
                                   .batch_norm = block.boolean("batch_norm", true),
                                   .bias = block.boolean("bias", false)};
}

BlockKind read_inverted_residual(const ObjectReader& block) {
    const bool absolute = block.has("expanded");
    if (absolute && block.has("expansion"))
        block.fail_expected("expanded", "expansion or expanded, not both");
    return InvertedResidualBlock{.channels = channels(block),
                                 .kernel = kernel(block),
                                 .stride = stride(block),
                                 .expansion = absolute ? 1 : expansion(block),
                                 .expanded = absolute ? block.integer("expanded", 1, kMostConfigChannels) : 0,
                                 .squeeze_excite = block.number("squeeze_excite", 0, 1, 0),
                                 .residual = block.boolean("residual", true)};
}

BlockKind read_universal(const ObjectReader& block) {
    UniversalInvertedBottleneckBlock kind{.channels = channels(block),
                                          .start_kernel = block.integer("start_kernel", 0, kLargestKernel),
                                          .middle_kernel = block.integer("middle_kernel", 0, kLargestKernel),
                                          .stride = stride(block),
                                          .expansion = expansion(block),
                                          .residual = block.boolean("residual", true)};
    if (kind.stride > 1 && kind.start_kernel == 0 && kind.middle_kernel == 0)
        block.fail_expected("stride", "1 where no depthwise convolution could stride");
    return kind;
}

BlockKind read_fused(const ObjectReader& block) {
    return FusedInvertedBottleneckBlock{.channels = channels(block),
                                        .kernel = kernel(block),
                                        .stride = stride(block),
                                        .expansion = expansion(block),
                                        .group_size = block.integer("group_size", 1, kMostConfigChannels, 0),
                                        .residual = block.boolean("residual", true)};
}

template <typename Kind>
BlockKind read_nothing(const ObjectReader&) {
    return Kind{};
}

/// A block kind: its name in a config, the keys it takes beside "kind" and "name", and how it is read.
struct BlockKindRow {
    std::string name;
    Keys keys;
    BlockKind (*read)(const ObjectReader&);
    bool activated;  ///< takes the model's default activation
};

const std::array<BlockKindRow, 7>& block_kinds() {
    static const std::array<BlockKindRow, 7> rows = {{
        {"conv",
         {"channels", "expansion", "kernel", "stride", "scale", "scale_from", "padding", "batch_norm",
          "bias"},
         read_conv,
         true},
        {"depthwise_separable",
         {"channels", "kernel", "stride", "squeeze_excite", "batch_norm", "bias"},
         read_depthwise_separable,
         true},
        {"inverted_residual",
         {"channels", "kernel", "stride", "expansion", "expanded", "squeeze_excite", "residual"},
         read_inverted_residual,
         true},
        {"universal_inverted_bottleneck",
         {"channels", "start_kernel", "middle_kernel", "stride", "expansion", "residual"},
         read_universal,
         true},
        {"fused_inverted_bottleneck",
         {"channels", "kernel", "stride", "expansion", "group_size", "residual"},
         read_fused,
         true},
        {"pool", {}, read_nothing<PoolBlock>, false},
        {"classifier", {}, read_nothing<ClassifierBlock>, false},
    }};
    return rows;
}

Keys kind_names() {
    Keys names;
    for (const BlockKindRow& row : block_kinds())
        names.push_back(row.name);
    return names;
}

Block read_block(const ObjectReader& reader, Activation activation) {
    const BlockKindRow& row = block_kinds()[reader.choice("kind", kind_names())];
    Keys known = row.keys;
    known.insert(known.end(), {"kind", "name"});
    if (row.activated) known.emplace_back("activation");
    reader.allow_only(known);
    Block block;
    block.name = read_name(reader);
    block.activation = row.activated ? reader.one_of("activation", activation) : Activation::none;
    block.kind = row.read(reader);
    return block;
}

std::vector<Block> read_blocks(const ObjectReader& reader, Activation activation) {
    const std::size_t count = reader.array("blocks", 1, kMostBlocks).size();
    std::vector<Block> blocks;
    std::set<std::string> names;
    for (std::size_t i = 0; i < count; ++i) {
        const ObjectReader block = reader.element("blocks", i);
        blocks.push_back(read_block(block, activation));
        if (!names.insert(blocks.back().name).second)
            block.fail_expected("name", "a name no other block has");
    }
    // Everything below divides by the MACs and parameters of a network.
    if (std::all_of(blocks.begin(), blocks.end(),
                    [](const Block& block) { return std::holds_alternative<PoolBlock>(block.kind); }))
        fail(reader.place("blocks"), "expected a block with a convolution, found pools alone");
    return blocks;
}

Rounding read_rounding(const ObjectReader& owner) {
    const ObjectReader reader(owner.at("rounding"), owner.file(), owner.pointer("rounding"));
    Rounding rounding;
    rounding.rule = reader.one_of<Rounding::Rule>("rule");
    const bool divisible = rounding.rule == Rounding::Rule::divisible;
    reader.allow_only(divisible ? Keys{"rule", "divisor", "minimum", "keep"} : Keys{"rule", "minimum"});
    rounding.minimum = reader.integer("minimum", 1, kMostConfigChannels);
    if (divisible) {
        rounding.divisor = reader.integer("divisor", 1, kMostConfigChannels);
        rounding.keep = reader.number("keep", 0, 1, rounding.keep);
    }
    return rounding;
}

SqueezeExcite read_squeeze_excite(const ObjectReader& model) {
    SqueezeExcite squeeze;
    if (!model.has("squeeze_excite")) return squeeze;
    const ObjectReader reader(model.at("squeeze_excite"), model.file(), model.pointer("squeeze_excite"));
    reader.allow_only(Keys{"of", "rounding", "squeeze", "gate"});
    squeeze.from = reader.one_of("of", squeeze.from);
    if (reader.has("rounding")) squeeze.rounding = read_rounding(reader);
    squeeze.squeeze = reader.one_of("squeeze", squeeze.squeeze);
    squeeze.gate = reader.one_of("gate", squeeze.gate);
    return squeeze;
}

std::vector<std::string> read_sources(const ObjectReader& reader) {
    std::vector<std::string> sources;
    if (!reader.has("sources")) return sources;
    for (const json& source : reader.array("sources", 0, 100)) {
        if (!source.is_string()) reader.fail_expected("sources", "an array of texts");
        sources.push_back(source.get<std::string>());
    }
    return sources;
}

/// An optional array of numbers, each read by `read(value, place)`.
template <typename Read>
auto read_list(const ObjectReader& reader, const std::string& key, const Read& read) {
    std::vector<decltype(read(json(), std::string()))> values;
    if (!reader.has(key)) return values;
    for (const json& value : reader.array(key, 1, 100))
        values.push_back(read(value, reader.place(key)));
    return values;
}

double read_alpha(const json& value, const std::string& place) {
    return read_number(value, place, 0, kLargestConfigAlpha);
}

std::int64_t read_side(const json& value, const std::string& place) {
    return read_integer(value, place, 1, kLargestResolution);
}

std::shared_ptr<const std::vector<std::string>> names_of(const std::vector<Block>& blocks) {
    auto names = std::make_shared<std::vector<std::string>>();
    for (const Block& block : blocks)
        names->push_back(block.name);
    return names;
}

const Keys kModelKeys = {"$schema",        "schema",     "name",           "title",  "description",
                         "sources",        "resolution", "input_channels", "alphas", "resolutions",
                         "padding",        "rounding",   "activation",     "blocks", "sizes",
                         "squeeze_excite", "classes"};

std::vector<NamedSize> read_sizes(const ObjectReader& reader) {
    std::vector<NamedSize> sizes;
    if (!reader.has("sizes")) return sizes;
    const json& values = reader.at("sizes");
    if (!values.is_object() || values.empty())
        reader.fail_expected("sizes", "an object of width multipliers");
    for (const auto& [name, alpha] : values.items())
        sizes.push_back({name, read_alpha(alpha, reader.place("sizes/" + name))});
    return sizes;
}

/// Changes each block that has this value of this key; false: there is none.
bool change_each(json& blocks, const char* key, const std::string& value, const json& keys) {
    bool found = false;
    for (json& block : blocks) {
        if (!block.is_object() || !block.contains(key) || block[key] != value) continue;
        block.merge_patch(keys);
        found = true;
    }
    return found;
}

/// The blocks of the parent with the keys that "changes" gives to some of them, by name or by kind; null
/// takes one away.
void change_blocks(const ObjectReader& child, json& blocks) {
    if (!child.has("changes")) return;
    if (!child.at("changes").is_object()) child.fail_expected("changes", "an object of blocks");
    for (const auto& [name, keys] : child.at("changes").items()) {
        if (!keys.is_object() ||
            (!change_each(blocks, "name", name, keys) && !change_each(blocks, "kind", name, keys)))
            fail(child.place("changes/" + name),
                 "expected keys of a block, or a kind of block, that the extended model has");
    }
}

/// A file that extends a bundled model holds only what is different.
json with_parent(json document, const std::string& place, int depth = 0) {
    constexpr int kDeepest = 8;
    if (!document.is_object() || !document.contains("extends")) return document;
    const ObjectReader child(document, place, "");
    Keys known = kModelKeys;
    known.insert(known.end(), {"extends", "changes"});
    child.allow_only(known);
    child.require_schema(kSecondSchema);
    const std::filesystem::path path = bundled_model(child.text("extends"), child.place("extends"));
    if (depth == kDeepest) fail(child.place("extends"), fmt::format("expected at most {} models", kDeepest));
    json parent = with_parent(parse_json(read_text_file(path, kLargestModelFile), path.string()),
                              path.string(), depth + 1);
    for (const auto& [key, value] : document.items()) {
        if (key != "changes" && key != "extends") parent[key] = value;
    }
    if (parent.contains("blocks") && parent["blocks"].is_array()) change_blocks(child, parent["blocks"]);
    return parent;
}

}  // namespace

ModelConfig parse_model_config(std::string_view text, std::string_view place) {
    const json own = parse_json(text, place);
    const json document = with_parent(own, std::string(place));
    const ObjectReader reader(document, std::string(place), "");
    refuse_other_kind(document, "mobilenet-cost.model.v1", place);
    reader.allow_only(kModelKeys);
    if (reader.text("schema") != kSecondSchema) reader.require_schema("mobilenet-cost.model.v1");
    ModelConfig config;
    config.name = read_name(reader);
    config.title = reader.text("title", config.name);
    config.description = reader.text("description", "");
    config.sources = read_sources(reader);
    config.resolution = reader.integer("resolution", 1, kLargestResolution);
    config.input_channels = reader.integer("input_channels", 1, kMostConfigChannels, 3);
    config.classes = reader.integer("classes", 1, kMostClasses, config.classes);
    config.alphas = read_list(reader, "alphas", read_alpha);
    config.resolutions = read_list(reader, "resolutions", read_side);
    config.sizes = read_sizes(reader);
    if (own.is_object() && own.contains("extends")) config.extends = own["extends"].get<std::string>();
    config.padding = reader.one_of("padding", PaddingRule::same);
    config.rounding = read_rounding(reader);
    config.squeeze_excite = read_squeeze_excite(reader);
    config.blocks = read_blocks(reader, reader.one_of("activation", Activation::relu));
    config.block_names = names_of(config.blocks);
    return config;
}

ModelConfig load_model_config(const std::filesystem::path& path) {
    return parse_model_config(read_text_file(path, kLargestModelFile), path.string());
}

}  // namespace mobilenet_cost
