#include "options.h"

#include <charconv>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost::app {
namespace {

std::size_t choice(const std::string& name, const std::vector<std::string>& names, const std::string& flag,
                   const std::string& what) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) return i;
    }
    fail_unknown(flag, what, name, names);
}

std::vector<double> alphas_of(const VariantOptions& options, const ModelConfig& config, DefaultGrid grid) {
    if (!options.alphas.empty()) return parse_numbers(options.alphas, "--alpha");
    if (grid == DefaultGrid::published && !config.alphas.empty()) return config.alphas;
    return {1};
}

std::vector<std::int64_t> resolutions_of(const VariantOptions& options, const ModelConfig& config,
                                         DefaultGrid grid) {
    if (!options.resolutions.empty()) return parse_integers(options.resolutions, "--res");
    std::vector<std::int64_t> resolutions;
    for (const double beta : parse_numbers(options.betas, "--beta"))
        resolutions.push_back(resolution_of_beta(config, beta));
    if (!resolutions.empty()) return resolutions;
    if (grid == DefaultGrid::published && !config.resolutions.empty()) return config.resolutions;
    return {config.resolution};
}

std::vector<Variant> variants_of(const VariantOptions& options, const ModelConfig& config, DefaultGrid grid) {
    constexpr std::size_t kMostVariants = 1'000'000;
    Variant variant;
    variant.classes = read_count(options.classes, "--classes");
    variant.batch = read_count(options.batch, "--batch");
    variant.scope =
        static_cast<AlphaScope>(choice(options.alpha_scope, alpha_scope_names(), "--alpha-scope", "scope"));
    const std::vector<double> alphas = alphas_of(options, config, grid);
    const std::vector<std::int64_t> resolutions = resolutions_of(options, config, grid);
    if (alphas.size() > kMostVariants / resolutions.size())
        fail("", fmt::format("expected at most {} variants, found {} x {}", kMostVariants, alphas.size(),
                             resolutions.size()));
    std::vector<Variant> variants;
    variants.reserve(alphas.size() * resolutions.size());
    for (const double alpha : alphas) {
        for (const std::int64_t resolution : resolutions) {
            variant.alpha = alpha;
            variant.resolution = resolution;
            variants.push_back(variant);
        }
    }
    return variants;
}

/// What is wrong with a text of a list that misses a value between its commas. One that is empty as a whole
/// is refused as any option's is.
std::string empty_item(const std::string& text) {
    const bool missing = !text.empty() && ("," + text + ",").find(",,") != std::string::npos;
    return missing ? fmt::format("expected a value between commas, found none in {}", in_quotes(text)) : "";
}

}  // namespace

CLI::Option* add_list(CLI::App& command, const std::string& flag, std::vector<std::string>& texts,
                      const std::string& type, const std::string& help) {
    return command.add_option(flag, texts, help)
        ->type_name(type)
        ->allow_extra_args(false)
        ->check(empty_item, "");
}

void add_variant_options(CLI::App& command, VariantOptions& options, Bytes bytes) {
    add_list(command, "-m,--model", options.models, "NAME|FILE", "model or config file [mobilenet_v1]");
    add_list(command, "-a,--alpha", options.alphas, "LIST", "width multipliers: 0.25,0.5 or 0.25:1:0.25 [1]");
    auto* resolution =
        add_list(command, "-r,--res", options.resolutions, "LIST", "input sizes in pixels [the model's own]");
    add_list(command, "--beta", options.betas, "LIST", "resolution multipliers, instead of --res")
        ->excludes(resolution);
    command.add_option("--classes", options.classes, "classifier outputs [1000]")->type_name("N");
    command.add_option("--batch", options.batch, "images in one pass [1]")->type_name("N");
    command.add_option("--alpha-scope", options.alpha_scope, "inner: first and last layer keep their width")
        ->type_name("published|inner");
    if (bytes == Bytes::not_counted) return;
    command.add_option("--dtype", options.data_type, "data type that bytes are counted in [f32]")
        ->type_name("f32|f16|i8");
}

std::vector<Family> read_families(const VariantOptions& options, DefaultGrid grid) {
    std::vector<Family> families;
    for (const std::string& name : parse_names(options.models)) {
        Family family;
        family.config = find_model(name);
        family.variants = variants_of(options, family.config, grid);
        families.push_back(std::move(family));
    }
    return families;
}

DataType read_data_type(const std::string& name) {
    return static_cast<DataType>(choice(name, data_type_names(), "--dtype", "data type"));
}

std::int64_t read_count(const std::string& text, const std::string& flag) {
    const std::vector<std::int64_t> values = parse_integers({text}, flag);
    if (values.size() != 1) fail(flag, fmt::format("expected one number, found {}", in_quotes(text)));
    return values.front();
}

std::uint64_t read_seed(const std::string& text, const std::string& flag) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        fail(flag, fmt::format("expected a whole number from 0 to 2^64 - 1, found {}", in_quotes(text)));
    return value;
}

}  // namespace mobilenet_cost::app
