#include "mobilenet_cost/model/block_list.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/model/layer.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

constexpr std::int64_t kMostBlocks = 4096;
constexpr int kDeepest = 8;                                ///< definitions in definitions
constexpr std::size_t kMostBytes = std::size_t{32} << 20;  ///< of names, and of definitions' parts, about
constexpr std::int64_t kMostParts = 65'536;  ///< of definitions, those that are repeated 0 times included
constexpr std::size_t kLongestText = 1000;   ///< with arguments filled in
constexpr std::size_t kLongestArgument = 16;
constexpr std::size_t kMostInputs = 1000;

/// Bytes that names and parts of definitions may still take. A short file could otherwise say very many.
class Budget {
  public:
    explicit Budget(std::string place) : place_(std::move(place)) {}

    void spend(std::size_t bytes) {
        if (bytes > left_)
            fail(place_,
                 fmt::format("expected names and parts of definitions of at most {} MiB when written out",
                             kMostBytes >> 20));
        left_ -= bytes;
    }

  private:
    std::string place_;
    std::size_t left_ = kMostBytes;
};

/// "$stride" as a whole is the argument itself, of any type; inside a longer text it is the argument's text.
class Arguments {
  public:
    Arguments(const json& values, std::string place, Budget& budget)
        : values_(values), place_(std::move(place)), budget_(budget) {}

    [[nodiscard]] json filled(const json& value) const {
        constexpr std::size_t kValueBytes = 32;
        budget_.spend(kValueBytes);
        if (value.is_string()) return filled_text(value.get_ref<const std::string&>());
        if (value.is_array()) {
            json result = json::array();
            for (const json& part : value)
                result.push_back(filled(part));
            return result;
        }
        if (!value.is_object()) return value;
        json result = json::object();
        for (const auto& [key, part] : value.items()) {
            budget_.spend(kValueBytes + key.size());
            result[key] = filled(part);
        }
        return result;
    }

  private:
    static bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

    [[nodiscard]] const json& argument(const std::string& name) const {
        if (const auto found = values_.find(name); found != values_.end()) return *found;
        std::vector<std::string> names;
        for (const auto& [known, unused] : values_.items())
            names.push_back(known);
        fail_unknown(place_, "parameter", name, names);
    }

    [[nodiscard]] json filled_text(const std::string& text) const {
        budget_.spend(std::max(text.size(), kLongestText));
        if (text.size() > kLongestText) fail_long(text.size());
        std::string result;
        std::size_t at = 0;
        while (at < text.size()) {
            if (text[at] != '$') {
                result += text[at++];
                continue;
            }
            const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at) + 1;
            const std::string name(begin, std::find_if_not(begin, text.end(), in_name));
            const json& value = argument(name);
            if (name.size() + 1 == text.size()) return value;
            result += value.is_string() ? value.get<std::string>() : value.dump();
            if (result.size() > kLongestText) fail_long(result.size());
            at += name.size() + 1;
        }
        return result;
    }

    [[noreturn]] void fail_long(std::size_t size) const {
        fail(place_, fmt::format("expected texts of at most {} characters, found {}", kLongestText, size));
    }

    const json& values_;
    std::string place_;
    Budget& budget_;
};

/// What surrounds the blocks of one array: that of the model, or of a definition in one of its uses.
struct Scope {
    const json* blocks = nullptr;     ///< the array
    std::string pointer;              ///< of the array
    std::string prefix;               ///< of names: "ghost_3/"
    std::string part_of;              ///< empty at the top
    std::vector<Ids> inputs;          ///< what "input", "input_2" ... stand for
    const json* arguments = nullptr;  ///< of the definition's parameters
    int depth = 0;
};

/// One block as it stands in the file, its arguments filled in.
struct Written {
    const ObjectReader& reader;
    const json& keys;
    std::string pointer;
    const Scope& scope;
};

class Lister {
  public:
    Lister(const ObjectReader& model, std::span<const std::string> kinds, std::size_t appended)
        : model_(model), kinds_(kinds.begin(), kinds.end()), appended_(appended), budget_(model.file()) {
        read_definitions();
    }

    BlockList list() {
        const json& blocks = model_.array("blocks", 1, static_cast<std::size_t>(kMostBlocks));
        add_all({.blocks = &blocks,
                 .pointer = model_.pointer("blocks"),
                 .prefix = "",
                 .part_of = "",
                 .inputs = {{-1}}});
        if (list_.blocks.empty())
            fail(model_.place("blocks"), "expected a block that is not repeated 0 times, found none");
        refuse_unused();
        list_.blocks.back().tap = false;  // it is an output anyway
        return std::move(list_);
    }

  private:
    void read_definitions() {
        if (!model_.has("define")) return;
        const json& all = model_.at("define");
        if (!all.is_object()) model_.fail_expected("define", "an object of block definitions");
        for (const auto& [name, value] : all.items()) {
            const ObjectReader definition(value, model_.file(), model_.pointer("define/" + name));
            if (std::find(kinds_.begin(), kinds_.end(), name) != kinds_.end())
                fail(definition.place(), "expected a name that no kind of block has");
            definition.allow_only(std::vector<std::string>{"parameters", "blocks", "description"});
            if (definition.has("parameters") && !definition.at("parameters").is_object())
                definition.fail_expected("parameters", "an object of parameters and their usual values");
            static_cast<void>(definition.array("blocks", 1, static_cast<std::size_t>(kMostBlocks)));
        }
        for (const auto& [name, value] : all.items())
            kinds_.push_back(name);
        definitions_ = &all;
    }

    Ids before(const Scope& scope, std::size_t first) const {
        if (list_.blocks.size() == first) return scope.inputs.front();
        return {static_cast<std::int32_t>(list_.blocks.size()) - 1};
    }

    void add_all(const Scope& scope) {
        const json& array = *scope.blocks;
        const std::size_t first = list_.blocks.size();
        for (std::size_t i = 0; i < array.size(); ++i) {
            const std::size_t own = array.size() - (scope.depth == 0 ? appended_ : 0);
            const std::string pointer =
                i < own ? fmt::format("{}/{}", scope.pointer, i) : fmt::format("/append/{}", i - own);
            const json* keys = &array[i];
            if (scope.arguments != nullptr) {
                if (++parts_ > kMostParts)
                    fail(model_.place("define"), fmt::format("expected at most {} parts in all", kMostParts));
                const std::string place = model_.file() + ": " + pointer;
                list_.made.push_back(Arguments(*scope.arguments, place, budget_).filled(*keys));
                keys = &list_.made.back();
            }
            const ObjectReader reader(*keys, model_.file(), pointer);
            add({reader, *keys, pointer, scope}, first);
        }
    }

    /// `first`: the size of the list where the array began.
    void add(const Written& block, std::size_t first) {
        const std::string name = block.scope.prefix + read_name(block.reader);
        if (ids_.contains(name)) block.reader.fail_expected("name", "a name no other block has");
        const std::int64_t copies = block.reader.integer("repeat", 0, kMostBlocks, 1);
        const bool parallel = block.reader.has("inputs");
        const std::vector<Ids> named = parallel ? read_inputs(block) : std::vector<Ids>{};
        Ids all;
        for (std::int64_t copy = 1; copy <= copies; ++copy) {
            const std::string full = copies == 1 ? name : fmt::format("{}_{}", name, copy);
            if (copies > 1 && ids_.contains(full))
                block.reader.fail_expected("name", "a name no other block has");
            const Ids ids =
                add_one(block, full, parallel ? named : std::vector<Ids>{before(block.scope, first)});
            if (copies > 1) ids_[full] = ids;
            if (!parallel) all.clear();
            all.insert(all.end(), ids.begin(), ids.end());
        }
        ids_[name] = all;
    }

    Ids add_one(const Written& block, const std::string& name, const std::vector<Ids>& inputs) {
        const std::size_t kind = block.reader.choice("kind", kinds_);
        const bool defined = definitions_ != nullptr && definitions_->contains(kinds_[kind]);
        if (defined) {
            add_defined(block, name, inputs, kinds_[kind]);
        } else {
            add_built_in(block, name, inputs, kinds_[kind]);
        }
        if (block.reader.boolean("tap", false) && !list_.blocks.empty()) list_.blocks.back().tap = true;
        return {static_cast<std::int32_t>(list_.blocks.size()) - 1};
    }

    void add_defined(const Written& block, const std::string& name, const std::vector<Ids>& inputs,
                     const std::string& kind) {
        const ObjectReader definition((*definitions_)[kind], model_.file(), model_.pointer("define/" + kind));
        if (block.scope.depth == kDeepest)
            fail(block.reader.place("kind"),
                 fmt::format("expected at most {} definitions in each other", kDeepest));
        const json arguments = arguments_of(block, definition);
        const std::size_t size = list_.blocks.size();
        add_all({.blocks = &definition.at("blocks"),
                 .pointer = definition.pointer("blocks"),
                 .prefix = name + "/",
                 .part_of = block.scope.part_of.empty() ? name : block.scope.part_of,
                 .inputs = inputs,
                 .arguments = &arguments,
                 .depth = block.scope.depth + 1});
        if (list_.blocks.size() == size)
            fail(block.reader.place(), "expected a block, found one without parts");
    }

    static bool is_short(const json& value) {
        return !value.is_structured() &&
               (!value.is_string() || value.get_ref<const std::string&>().size() <= kLongestText);
    }

    static bool is_short_list(const json& value) {
        return value.is_array() && value.size() <= kLongestArgument &&
               std::all_of(value.begin(), value.end(), is_short);
    }

    static json arguments_of(const Written& block, const ObjectReader& definition) {
        json arguments = definition.has("parameters") ? definition.at("parameters") : json::object();
        std::vector<std::string> known = list_keys();
        for (const auto& [parameter, usual] : arguments.items()) {
            if (std::find(list_keys().begin(), list_keys().end(), parameter) != list_keys().end())
                fail(definition.place("parameters/" + parameter),
                     "expected a name that no key of every block has");
            known.push_back(parameter);
        }
        block.reader.allow_only(known);
        for (auto& [parameter, value] : arguments.items()) {
            if (block.keys.contains(parameter)) {
                value = block.keys[parameter];
            } else if (value.is_null()) {
                fail(block.reader.place(),
                     fmt::format("expected a key {}, found none", in_quotes(parameter)));
            }
            if (!is_short(value) && !is_short_list(value))
                fail(block.reader.place(parameter),
                     fmt::format(
                         "expected a number, a text of at most {} characters, true, false or a short list of "
                         "them, found {}",
                         kLongestText, describe(value)));
        }
        return arguments;
    }

    void add_built_in(const Written& block, const std::string& name, const std::vector<Ids>& inputs,
                      const std::string& kind) {
        Ids read;
        for (const Ids& of_one : inputs)
            read.insert(read.end(), of_one.begin(), of_one.end());
        const bool pairwise = kind == "add" || kind == "multiply";
        const std::size_t least = pairwise || kind == "concat" || kind == "matmul" ? 2 : 1;
        const std::size_t most = pairwise             ? kMostInputs
                                 : kind == "concat"   ? Concat::kMostInputs
                                 : kind == "operator" ? Operation::kMostInputs
                                                      : least;
        if (read.size() < least || read.size() > most) {
            fail(block.reader.place(block.reader.has("inputs") ? "inputs" : ""),
                 fmt::format("{} reads {}, found {}", kind,
                             most == 1       ? "one block"
                             : least == most ? "two blocks, named in \"inputs\""
                             : least == 1    ? fmt::format("at most {} blocks", most)
                                             : fmt::format("2 to {} blocks, named in \"inputs\"", most),
                             read.size()));
        }
        ListedBlock listed;
        listed.keys = &block.keys;
        listed.pointer = block.pointer;
        listed.part_of = block.scope.part_of.empty() ? name : block.scope.part_of;
        if (block.reader.has("like")) listed.like = read_like(block);
        for (std::size_t part = 1; pairwise && part + 1 < read.size(); ++part) {
            listed.name = fmt::format("{}_{}", name, part);
            if (ids_.contains(listed.name)) block.reader.fail_expected("name", "a name no other block has");
            listed.linear = true;
            push(listed, {read[0], read[part]}, block.reader);
            read[0] = static_cast<std::int32_t>(list_.blocks.size()) - 1;
            ids_[listed.name] = {read[0]};
        }
        listed.name = name;
        listed.linear = false;
        push(listed, pairwise ? Ids{read.front(), read.back()} : read, block.reader);
    }

    void push(ListedBlock block, const Ids& inputs, const ObjectReader& reader) {
        if (list_.blocks.size() == static_cast<std::size_t>(kMostBlocks))
            fail(reader.place(), fmt::format("expected at most {} blocks in all", kMostBlocks));
        budget_.spend(2 * (block.name.size() + block.part_of.size()) + block.pointer.size());
        for (const std::int32_t input : inputs)
            if (input >= 0) used_[static_cast<std::size_t>(input)] = true;
        const std::int32_t last = static_cast<std::int32_t>(list_.blocks.size()) - 1;
        if (inputs != Ids{last}) block.inputs = inputs;
        list_.blocks.push_back(std::move(block));
        used_.push_back(false);
    }

    std::int32_t read_like(const Written& block) const {
        const Ids& ids = named(block, block.reader.at("like"), "like");
        if (ids.size() != 1) block.reader.fail_expected("like", "the name of one block");
        return ids.front();
    }

    std::vector<Ids> read_inputs(const Written& block) const {
        const json& value = block.reader.at("inputs");
        std::vector<Ids> inputs;
        if (value.is_string()) inputs.push_back(named(block, value, "inputs"));
        if (value.is_array()) {
            std::size_t read = 0;
            for (std::size_t i = 0; i < block.reader.array("inputs", 1, kMostInputs).size(); ++i) {
                inputs.push_back(named(block, value[i], "inputs/" + std::to_string(i)));
                read += inputs.back().size();
                if (read > kMostInputs)
                    fail(block.reader.place("inputs"),
                         fmt::format("expected at most {} blocks, found more", kMostInputs));
            }
        }
        std::erase_if(inputs, [](const Ids& ids) { return ids.empty(); });
        if (inputs.empty()) block.reader.fail_expected("inputs", "the name of an earlier block, or several");
        return inputs;
    }

    /// What a name stands for where it is used.
    const Ids& named(const Written& block, const json& value, const std::string& key) const {
        const std::string place = block.reader.place(key);
        if (!value.is_string())
            fail(place, fmt::format("expected a block's name, found {}", describe(value)));
        const std::string& name = value.get_ref<const std::string&>();
        const Scope& scope = block.scope;
        for (std::size_t i = 0; i < scope.inputs.size(); ++i) {
            if (name != (i == 0 ? "input" : fmt::format("input_{}", i + 1))) continue;
            if (ids_.contains(scope.prefix + name))
                fail(place, fmt::format("expected a name with one meaning, found {}: a block has it, too",
                                        in_quotes(name)));
            return scope.inputs[i];
        }
        if (const auto found = ids_.find(scope.prefix + name); found != ids_.end()) return found->second;
        std::vector<std::string> names = {"input"};
        for (const auto& [known, unused] : ids_) {
            if (known.starts_with(scope.prefix)) names.push_back(known.substr(scope.prefix.size()));
        }
        if (comes_later(scope, name))
            fail(place,
                 fmt::format("expected an earlier block, found {}: blocks are listed in the order in which "
                             "they run, and a network has no cycles",
                             in_quotes(name)));
        fail_unknown(place, "block", name, names);
    }

    static bool comes_later(const Scope& scope, const std::string& name) {
        return std::any_of(scope.blocks->begin(), scope.blocks->end(), [&](const json& other) {
            return other.is_object() && other.contains("name") && other["name"] == name;
        });
    }

    void refuse_unused() const {
        for (std::size_t i = 0; i + 1 < used_.size(); ++i) {
            const ListedBlock& block = list_.blocks[i];
            if (!used_[i] && !block.tap)
                fail(model_.file() + ": " + block.pointer,
                     fmt::format("nothing reads block {}: expected a later block that does, or \"tap\": true",
                                 in_quotes(block.name)));
        }
    }

    const ObjectReader& model_;
    std::vector<std::string> kinds_;  ///< built in and defined
    std::size_t appended_;
    const json* definitions_ = nullptr;
    std::int64_t parts_ = 0;
    Budget budget_;
    BlockList list_;
    std::map<std::string, Ids> ids_;  ///< by full name; none of a block that is repeated 0 times
    std::vector<bool> used_;          ///< by index into the list
};

}  // namespace

std::string read_name(const ObjectReader& reader) {
    std::string name = reader.text("name");
    if (!is_printable(name)) reader.fail_expected("name", "a name without control characters");
    return name;
}

const std::vector<std::string>& list_keys() {
    static const std::vector<std::string> keys = {"kind", "name", "inputs", "repeat", "tap"};
    return keys;
}

BlockList list_blocks(const ObjectReader& model, std::span<const std::string> kinds, std::size_t appended) {
    return Lister(model, kinds, appended).list();
}

}  // namespace mobilenet_cost
