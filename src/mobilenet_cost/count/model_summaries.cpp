#include "mobilenet_cost/count/model_summaries.h"

#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {

std::vector<ModelSummary> model_summaries(bool libraries) {
    std::vector<std::string> names = model_names();
    if (libraries) {
        for (std::string& name : library_model_names())
            names.push_back(std::move(name));
    }
    std::vector<ModelSummary> models;
    for (const std::string& name : names) {
        ModelSummary& model = models.emplace_back();
        model.config = find_model(name);
        const Cost cost = total_cost(model.config, {.classes = model.config.classes});
        model.macs = cost.macs;
        model.params = parameter_count(cost, BatchNormCount::bn0);
    }
    return models;
}

}  // namespace mobilenet_cost
