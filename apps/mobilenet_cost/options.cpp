#include "options.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost::app {
namespace {

/// The name of a size stands for one width multiplier.
std::vector<double> fixed_alpha(const VariantOptions& options, const ModelConfig& config) {
    if (!options.alphas.empty())
        fail("--alpha",
             fmt::format("expected none beside {}, which fixes it at {} (--model {} takes --alpha)",
                         config.name, *config.fixed_alpha, config.name.substr(0, config.name.rfind('_'))));
    return {*config.fixed_alpha};
}

std::vector<double> alphas_of(const VariantOptions& options, const ModelConfig& config, DefaultGrid grid) {
    if (config.fixed_alpha) return fixed_alpha(options, config);
    if (!options.alphas.empty()) return options.alphas;
    if (grid == DefaultGrid::published && !config.alphas.empty()) return config.alphas;
    return {1};
}

std::vector<std::int64_t> resolutions_of(const VariantOptions& options, const ModelConfig& config,
                                         DefaultGrid grid) {
    std::vector<std::int64_t> resolutions = options.resolutions;
    for (const double beta : options.betas)
        resolutions.push_back(resolution_of_beta(config, beta));
    if (!resolutions.empty()) return resolutions;
    if (grid == DefaultGrid::published && !config.resolutions.empty()) return config.resolutions;
    return {config.resolution};
}

std::vector<Variant> variants_of(const VariantOptions& options, const ModelConfig& config, DefaultGrid grid) {
    constexpr std::size_t kMostVariants = 1'000'000;
    const std::vector<double> alphas = alphas_of(options, config, grid);
    const std::vector<std::int64_t> resolutions = resolutions_of(options, config, grid);
    if (alphas.size() > kMostVariants / resolutions.size())
        fail("", fmt::format("expected at most {} variants, found {} x {}", kMostVariants, alphas.size(),
                             resolutions.size()));
    std::vector<Variant> variants;
    variants.reserve(alphas.size() * resolutions.size());
    for (const double alpha : alphas) {
        for (const std::int64_t resolution : resolutions) {
            Variant& variant = variants.emplace_back(options.common);
            variant.alpha = alpha;
            variant.resolution = resolution;
        }
    }
    return variants;
}

}  // namespace

void add_variant_options(Command& command, VariantOptions& options, Bytes bytes, DefaultGrid grid) {
    const bool all = grid == DefaultGrid::published;
    const auto read_models = [](const auto& texts, const std::string&) {
        return models_named(parse_names(texts));
    };
    command.list("-m,--model", "NAME|FILE", options.models, read_models,
                 fmt::format("name, 'mobilenet_v3*', file or all [{}]", options.models.front()));
    command.numbers("-a,--alpha", options.alphas,
                    fmt::format("width multipliers, such as 0.25:1:0.25 [{}]", all ? "published" : "1"));
    auto* resolution =
        command.integers("-r,--res", options.resolutions,
                         fmt::format("input sizes, pixels [{}]", all ? "published" : "the model's own"));
    command.numbers("--beta", options.betas, "resolution multipliers, instead of --res")
        ->excludes(resolution);
    command.count("--classes", options.common.classes, "classifier outputs [1000]");
    command.count("--batch", options.common.batch, "images in one pass [1]");
    command.choice("--alpha-scope", "scope", options.common.scope,
                   "inner: first and last layer keep their width");
    if (bytes == Bytes::counted)
        command.choice("--dtype", "data type", options.data_type,
                       "data type that bytes are counted in [f32]");
}

void add_convention_option(Command& command, std::string& convention) {
    command.text("--convention", "NAME", convention, "who counts (see `conventions`) [paper]");
}

SweepSettings settings_of(const VariantOptions& options, const Convention& convention) {
    return {.data_type = options.data_type,
            .convention = convention.name,
            .alpha_scope = std::string(alpha_scope_name(options.common.scope)),
            .classes = options.common.classes,
            .batch = options.common.batch};
}

std::vector<Family> read_families(const VariantOptions& options, DefaultGrid grid) {
    std::vector<Family> families;
    for (const std::string& name : options.models) {
        Family& family = families.emplace_back();
        family.config = find_model(name);
        family.variants = variants_of(options, family.config, grid);
    }
    return families;
}

}  // namespace mobilenet_cost::app
