#include "mobilenet_cost/model/model_config.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/model/block_kinds.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using Keys = std::vector<std::string>;

constexpr const char* kSecondSchema = "mobilenet-cost.model.v2";  // "extends", "changes", "sizes"

bool is_classifier(const Block& block) {
    return std::holds_alternative<ClassifierBlock>(block.kind);
}

std::vector<Block> read_blocks(const ObjectReader& reader, const BlockList& list, Activation activation) {
    std::vector<Block> blocks;
    for (const ListedBlock& listed : list.blocks) {
        blocks.push_back(read_block(listed, reader.file(), activation));
        const std::int32_t before =
            listed.inputs.empty() ? static_cast<std::int32_t>(blocks.size()) - 2 : listed.inputs.front();
        if (is_classifier(blocks.back()) && before >= 0 &&
            is_classifier(blocks[static_cast<std::size_t>(before)]))
            fail(reader.file() + ": " + listed.pointer + "/kind",
                 "expected one classifier, found a second one that reads the first");
    }
    if (std::none_of(blocks.begin(), blocks.end(), has_weights))
        fail(reader.place("blocks"), "expected a block with a convolution, found none");
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

/// A number, or "HEIGHTxWIDTH" of a rectangle.
Resolution read_native_resolution(const ObjectReader& reader) {
    const json& value = reader.at("resolution");
    const bool rectangle =
        value.is_string() && value.get_ref<const std::string&>().find('x') != std::string::npos;
    return rectangle ? read_resolution(reader, Resolution())
                     : Resolution(reader.integer("resolution", 1, kLargestResolution));
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

void set_names(const BlockList& list, ModelConfig& config) {
    auto names = std::make_shared<std::vector<std::string>>();
    auto part_of = std::make_shared<std::vector<std::string>>();
    for (const ListedBlock& block : list.blocks) {
        names->push_back(block.name);
        part_of->push_back(block.part_of);
        config.branches = config.branches || !block.inputs.empty() || block.tap;
    }
    if (*names != *part_of) config.part_of = std::move(part_of);
    config.block_names = std::move(names);
}

/// What a file that extends another one says of the other's blocks.
constexpr std::array<std::string_view, 4> kOwnKeys = {"extends", "changes", "remove", "append"};
constexpr std::size_t kMostRemoved = 4096;

const Keys kModelKeys = {"$schema",        "schema",     "name",           "title",  "description",
                         "sources",        "resolution", "input_channels", "alphas", "resolutions",
                         "padding",        "rounding",   "activation",     "blocks", "sizes",
                         "squeeze_excite", "classes",    "define",         "dtype"};

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

/// The blocks of the parent without those that "remove" names.
void remove_blocks(const ObjectReader& child, json& blocks) {
    if (!child.has("remove")) return;
    for (const json& name : child.array("remove", 1, kMostRemoved)) {
        const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const json& block) {
            return block.is_object() && block.contains("name") && block["name"] == name;
        });
        if (found == blocks.end())
            fail(child.place("remove"),
                 fmt::format("expected names of blocks that the extended model has, found {}",
                             describe(name)));
        blocks.erase(found);
    }
}

/// A model file with what it extends.
struct Whole {
    json document;
    std::size_t appended = 0;  ///< of its blocks, those at the end that its own "append" gives
};

/// A file that extends a bundled model holds only what is different.
Whole with_parent(json document, const std::string& place, int depth = 0) {
    constexpr int kDeepest = 8;
    if (!document.is_object() || !document.contains("extends")) return {std::move(document)};
    const ObjectReader child(document, place, "");
    Keys known = kModelKeys;
    known.insert(known.end(), {"extends", "changes", "remove", "append"});
    child.allow_only(known);
    child.require_schema(kSecondSchema);
    const std::filesystem::path path = bundled_model(child.text("extends"), child.place("extends"));
    if (depth == kDeepest) fail(child.place("extends"), fmt::format("expected at most {} models", kDeepest));
    Whole whole = {with_parent(parse_json(read_text_file(path, kLargestModelFile), path.string()),
                               path.string(), depth + 1)
                       .document};
    json& parent = whole.document;
    for (const auto& [key, value] : document.items()) {
        if (key == "define" && parent.contains(key) && parent[key].is_object() && value.is_object()) {
            parent[key].update(value);
        } else if (std::find(kOwnKeys.begin(), kOwnKeys.end(), key) == kOwnKeys.end()) {
            parent[key] = value;
        }
    }
    if (!parent.contains("blocks") || !parent["blocks"].is_array()) return whole;
    change_blocks(child, parent["blocks"]);
    remove_blocks(child, parent["blocks"]);
    if (child.has("append")) {
        for (const json& block : child.array("append", 1, kMostRemoved))
            parent["blocks"].push_back(block);
        whole.appended = child.at("append").size();
    }
    return whole;
}

}  // namespace

ModelConfig parse_model_config(std::string_view text, std::string_view place) {
    const json own = parse_document(text, "mobilenet-cost.model.v1", place);
    const auto [document, appended] = with_parent(own, std::string(place));
    const ObjectReader reader(document, std::string(place), "");
    reader.allow_only(kModelKeys);
    if (reader.text("schema") != kSecondSchema) reader.require_schema("mobilenet-cost.model.v1");
    ModelConfig config;
    config.name = read_name(reader);
    config.title = reader.text("title", config.name);
    config.description = reader.text("description", "");
    config.sources = read_sources(reader);
    config.resolution = read_native_resolution(reader);
    config.input_channels = reader.integer("input_channels", 1, kMostConfigChannels, 3);
    config.classes = reader.integer("classes", 1, kMostClasses, config.classes);
    config.data_type = reader.one_of("dtype", config.data_type);
    config.alphas = read_list(reader, "alphas", read_alpha);
    config.resolutions = read_list(reader, "resolutions", read_side);
    config.sizes = read_sizes(reader);
    if (own.is_object() && own.contains("extends")) config.extends = own["extends"].get<std::string>();
    config.padding = reader.one_of("padding", PaddingRule::same);
    config.rounding = read_rounding(reader);
    config.squeeze_excite = read_squeeze_excite(reader);
    const BlockList list = list_blocks(reader, block_kind_names(), appended);
    config.blocks = read_blocks(reader, list, reader.one_of("activation", Activation::relu));
    set_names(list, config);
    return config;
}

ModelConfig load_model_config(const std::filesystem::path& path) {
    return parse_model_config(read_text_file(path, kLargestModelFile), path.string());
}

}  // namespace mobilenet_cost
