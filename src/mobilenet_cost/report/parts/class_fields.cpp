#include "mobilenet_cost/report/parts/class_fields.h"

namespace mobilenet_cost {
namespace {

using Row = ClassRow;

std::optional<double> flop_rate(const Row& row) {
    if (row.share.macs <= 0 || !(row.share.seconds > 0)) return std::nullopt;
    return 2 * static_cast<double>(row.share.macs) / row.share.seconds;
}

std::optional<double> traffic_rate(const Row& row) {
    if (!(row.share.seconds > 0)) return std::nullopt;
    return static_cast<double>(row.share.traffic_bytes) / row.share.seconds;
}

std::optional<double> bound_share(const Row& row) {
    if (!row.bound_seconds || !(row.share.seconds > 0)) return std::nullopt;
    return *row.bound_seconds / row.share.seconds;
}

template <typename Member>
auto share(Member ClassShare::*member) {
    return [member](const Row& row) { return row.share.*member; };
}

}  // namespace

ClassRow class_row(const ClassShare& share) {
    return {.name = std::string(layer_class_name(share.layer_class)), .share = share};
}

const RowFields<ClassRow>& class_fields() {
    static const RowFields<Row> fields = {
        {"class", "class", Show::name, kJson, [](const Row& row) { return row.name; }},
        {"layers", "layers", Show::plain, kJson, share(&ClassShare::layers)},
        {"macs", "MACs", Show::prefixed, kJson, share(&ClassShare::macs)},
        {"traffic_bytes", "traffic", Show::bytes, kJson, share(&ClassShare::traffic_bytes)},
        {"median_seconds", "time", Show::seconds, kJson, share(&ClassShare::seconds)},
        {"mac_share", "of MACs", Show::percent_1, kJson, share(&ClassShare::mac_share)},
        {"traffic_share", "of traffic", Show::percent_1, kJson, share(&ClassShare::traffic_share)},
        {"time_share", "of time", Show::percent_1, kJson, share(&ClassShare::time_share)},
        {"flops_per_second", "GFLOP/s", Show::giga, kJson, flop_rate},
        {"traffic_bytes_per_second", "GB/s", Show::giga, kJson, traffic_rate},
        {"roofline_seconds", "roofline", Show::seconds, kShownOnly,
         [](const Row& row) { return row.bound_seconds; }},
        {"roofline_share", "of bound", Show::percent, kShownOnly, bound_share},
    };
    return fields;
}

}  // namespace mobilenet_cost
