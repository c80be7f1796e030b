#include "mobilenet_cost/report/count/grid_json.h"

#include "mobilenet_cost/model/form_fields.h"

namespace mobilenet_cost {

Json sweep_cell_json(const SweepCell& cell) {
    Json json = object_of({{"model", cell.model},
                           {"alpha", cell.variant.alpha},
                           {"beta", cell.beta},
                           {"resolution", side_json(cell.variant.resolution)},
                           {"height", cell.variant.resolution.height},
                           {"width", cell.variant.resolution.width},
                           {"macs", cell.macs},
                           {"params", cell.params},
                           {"weight_bytes", cell.weight_bytes},
                           {"peak_activation_bytes", cell.peak_activation_bytes},
                           {"standard_macs", cell.standard_macs},
                           {"standard_params", cell.standard_params},
                           {"analytic_speedup", cell.analytic_speedup},
                           {"measured", Json::array()}});
    if (cell.lower_bound) json["lower_bound"] = true;
    return json;
}

Json sweep_settings_json(const SweepSettings& settings) {
    Json json = {{"dtype", data_type_name(settings.data_type)},
                 {"convention", settings.convention},
                 {"alpha_scope", settings.alpha_scope},
                 {"classes", classes_json(settings.classes, settings.form)},
                 {"batch", settings.batch}};
    json.update(changed_form(settings.form));
    if (!settings.inputs.empty()) json["inputs"] = settings.inputs;
    return json;
}

}  // namespace mobilenet_cost
