#pragma once

#include "mobilenet_cost/base/json_fields.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

// Internal: an input's size and a network's form in documents and logs.

inline constexpr Limits kResolutions = {0, static_cast<double>(kLargestResolution)};  ///< 0: the model's own

/// "resolution" is null for a rectangle; "height" and "width" stand beside it.
template <typename Archive>
void resolution_fields(Archive& archive, Resolution& resolution) {
    std::optional<std::int64_t> side = side_of(resolution);
    archive("resolution", side, kResolutions);
    archive.added("height", resolution.height, kResolutions);
    archive.added("width", resolution.width, kResolutions);
    if (side) resolution = *side;
}

/// Only what is not the model's own is written.
template <typename Archive>
void form_fields(Archive& archive, Form& form) {
    const Form own;
    const auto field = [&](const char* key, auto Form::*member, const auto&... limits) {
        if (!std::is_same_v<Archive, FieldWriter> || form.*member != own.*member)
            archive.added(key, form.*member, limits...);
    };
    field("channels", &Form::channels, Limits{0, static_cast<double>(kMostInputChannels)});
    field("top", &Form::top);
    field("output_stride", &Form::output_stride, Limits{0, kOutputStrides.back()});
    field("depth_multiplier", &Form::depth_multiplier,
          Limits{1, static_cast<double>(kLargestDepthMultiplier)});
    field("make_separable", &Form::make_separable);
}

/// NAME=DIMS, where there are some: what was said of inputs of files of others.
template <typename Archive>
void inputs_field(Archive& archive, std::vector<std::string>& inputs) {
    if (!std::is_same_v<Archive, FieldWriter> || !inputs.empty()) archive.added("inputs", inputs);
}

template <typename Archive>
void fields(Archive& archive, Form& form) {
    form_fields(archive, form);
}

/// The fields of what is not the model's own.
[[nodiscard]] Json changed_form(const Form& form);

/// Null without a top, which is what gives classes.
[[nodiscard]] Json classes_json(std::int64_t classes, const Form& form);

[[nodiscard]] bool is_output_stride(std::int64_t stride);  ///< one of kOutputStrides

/// A number, or null for a rectangle.
[[nodiscard]] Json side_json(const Resolution& resolution);
/// "resolution" as that, "height" and "width".
[[nodiscard]] Json resolution_json(const Resolution& resolution);

/// What is not there is `absent`'s. Throws Error naming the place.
[[nodiscard]] Form read_form(const ObjectReader& reader, const Form& absent = {});

}  // namespace mobilenet_cost
