#include <memory>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "benches.h"

namespace mobilenet_cost {
namespace {

using SharedConfig = std::shared_ptr<const ModelConfig>;

/// 1, 2, 4 ... as far as there are processors.
std::vector<int> thread_counts() {
    std::vector<int> counts;
    for (int threads = 1; threads == 1 || threads <= static_cast<int>(allowed_cpus().size()); threads *= 2)
        counts.push_back(threads);
    return counts;
}

WholeNetwork make_network(const ModelConfig& config, const Variant& variant, bool standard) {
    Network network = expand(config, variant);
    if (standard) network = standard_counterpart(network);
    const std::int64_t traffic = traffic_bytes(total_cost(network), DataType::f32);
    return {.network = std::move(network), .traffic_bytes = traffic};
}

void register_variant(Passes& passes, const SharedConfig& config, const Variant& variant,
                      const std::vector<std::string>& engines, const std::vector<int>& threads) {
    for (const bool standard : {false, true}) {
        for (const std::string& engine : engines) {
            for (const int count : threads) {
                passes.add(
                    {.name = fmt::format("network/{}/alpha:{}/res:{}/{}/{}/threads:{}", config->name,
                                         shortest(variant.alpha), variant.resolution,
                                         standard ? "standard" : "separable", engine, count),
                     .make = [config, variant, standard] { return make_network(*config, variant, standard); },
                     .engine = engine,
                     .threads = count,
                     .unit = benchmark::kMillisecond});
            }
        }
    }
}

}  // namespace

void register_networks(Passes& passes, const std::vector<std::string>& engines) {
    const std::vector<int> threads = thread_counts();
    for (const std::string& model : model_names()) {
        const auto config = std::make_shared<const ModelConfig>(find_model(model));
        for (const double alpha : config->alphas) {
            for (const std::int64_t resolution : config->resolutions) {
                const Variant variant = {.alpha = alpha, .resolution = resolution};
                register_variant(passes, config, variant, engines, threads);
            }
        }
    }
}

}  // namespace mobilenet_cost
