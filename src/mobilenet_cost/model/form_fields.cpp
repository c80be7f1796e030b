#include "mobilenet_cost/model/form_fields.h"

#include <algorithm>

namespace mobilenet_cost {

Json changed_form(const Form& form) {
    return fields_json(form);
}

Json classes_json(std::int64_t classes, const Form& form) {
    return form.top ? Json(classes) : Json();
}

bool is_output_stride(std::int64_t stride) {
    return std::find(kOutputStrides.begin(), kOutputStrides.end(), stride) != kOutputStrides.end();
}

Json side_json(const Resolution& resolution) {
    const auto side = side_of(resolution);
    return side ? Json(*side) : Json();
}

Json resolution_json(const Resolution& resolution) {
    return {
        {"resolution", side_json(resolution)}, {"height", resolution.height}, {"width", resolution.width}};
}

Form read_form(const ObjectReader& reader, const Form& absent) {
    Form form = absent;
    form.channels = reader.integer("channels", 1, kMostInputChannels, absent.channels);
    form.top = reader.boolean("top", absent.top);
    form.output_stride =
        reader.integer("output_stride", kOutputStrides.front(), kOutputStrides.back(), absent.output_stride);
    if (form.output_stride != 0 && !is_output_stride(form.output_stride))
        reader.fail_expected("output_stride", "8, 16 or 32");
    form.depth_multiplier =
        reader.integer("depth_multiplier", 1, kLargestDepthMultiplier, absent.depth_multiplier);
    form.make_separable = reader.boolean("make_separable", absent.make_separable);
    return form;
}

}  // namespace mobilenet_cost
