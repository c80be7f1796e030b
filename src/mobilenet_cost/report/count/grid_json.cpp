#include "mobilenet_cost/report/count/grid_json.h"

namespace mobilenet_cost {

Json sweep_cell_json(const SweepCell& cell) {
    return object_of({{"model", cell.model},
                      {"alpha", cell.variant.alpha},
                      {"beta", cell.beta},
                      {"resolution", cell.variant.resolution},
                      {"macs", cell.macs},
                      {"params", cell.params},
                      {"weight_bytes", cell.weight_bytes},
                      {"peak_activation_bytes", cell.peak_activation_bytes},
                      {"standard_macs", cell.standard_macs},
                      {"standard_params", cell.standard_params},
                      {"analytic_speedup", cell.analytic_speedup},
                      {"measured", Json::array()}});
}

Json sweep_settings_json(const SweepSettings& settings) {
    return {{"dtype", data_type_name(settings.data_type)},
            {"convention", settings.convention},
            {"alpha_scope", settings.alpha_scope},
            {"classes", settings.classes},
            {"batch", settings.batch}};
}

}  // namespace mobilenet_cost
