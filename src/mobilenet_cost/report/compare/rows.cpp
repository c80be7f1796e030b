#include "mobilenet_cost/report/compare/rows.h"

namespace mobilenet_cost {
namespace {

const std::int64_t* count_in(const std::optional<ExactValue>& value) {
    return value ? std::get_if<std::int64_t>(&*value) : nullptr;
}

CompareFigure figure(const std::optional<ExactValue>& value) {
    if (!value) return {};
    return {std::visit([](const auto& known) { return Value(known); }, *value)};
}

CompareFigure figure(const std::optional<Estimate>& estimate) {
    if (!estimate) return {};
    if (!estimate->interval) return {estimate->value};
    return {estimate->value, estimate->interval->low, estimate->interval->high};
}

CompareFigure figure(const std::optional<double>& value) {
    return value ? CompareFigure{*value} : CompareFigure();
}

std::optional<double> quotient(const RatioChange& ratio) {
    if (!ratio.base || !ratio.contender || !(ratio.base->value > 0)) return std::nullopt;
    return ratio.contender->value / ratio.base->value;
}

CompareRow row_of(const Difference& row) {
    return {"difference",
            row.cell,
            row.layer,
            row.quantity,
            figure(row.base),
            figure(row.contender),
            figure(exact_ratio(row)),
            row.gates ? "differs" : "ignored"};
}

CompareRow row_of(const TimeChange& row) {
    return {"time",
            row.cell,
            "",
            "seconds",
            figure(std::optional(row.base)),
            figure(std::optional(row.contender)),
            figure(std::optional(row.ratio)),
            std::string(time_verdict_name(row.verdict))};
}

CompareRow row_of(const RatioChange& row) {
    return {"ratio",
            row.cell,
            "",
            row.name,
            figure(row.base),
            figure(row.contender),
            figure(quotient(row)),
            row.apart ? "apart" : ""};
}

template <typename Member>
auto id(Member CellId::*member) {
    return [member](const CompareRow& row) { return row.id.*member; };
}

auto part(CompareFigure CompareRow::*figure, Value CompareFigure::*part) {
    return [figure, part](const CompareRow& row) { return (row.*figure).*part; };
}

}  // namespace

std::vector<CompareRow> compare_rows(const CompareResult& result) {
    std::vector<CompareRow> rows;
    for (const Difference& row : result.differences)
        rows.push_back(row_of(row));
    for (const TimeChange& row : result.times)
        rows.push_back(row_of(row));
    for (const RatioChange& row : result.ratios)
        rows.push_back(row_of(row));
    return rows;
}

const RowFields<CompareRow>& compare_fields() {
    constexpr unsigned kBoth = kCsv | kJson;
    using Row = CompareRow;
    using Figure = CompareFigure;
    static const RowFields<Row> fields = {
        {"row", kCsv, &Row::row},
        {"model", kBoth, id(&CellId::model)},
        {"alpha", kBoth, id(&CellId::alpha)},
        {"resolution", kBoth, id(&CellId::resolution)},
        {"classes", kBoth, id(&CellId::classes)},
        {"batch", kBoth, id(&CellId::batch)},
        {"dtype", kBoth, id(&CellId::data_type)},
        {"alpha_scope", kBoth, id(&CellId::alpha_scope)},
        {"convention", kBoth, id(&CellId::convention)},
        {"engine", kBoth, id(&CellId::engine)},
        {"threads", kBoth,
         [](const Row& row) { return row.id.threads == 0 ? std::nullopt : std::optional(row.id.threads); }},
        {"network", kBoth, id(&CellId::network)},
        {"cache", kBoth, id(&CellId::cache)},
        {"layer", kCsv, &Row::layer},
        {"quantity", kCsv, &Row::quantity},
        {"base", kCsv, part(&Row::base, &Figure::value)},
        {"base_low", kCsv, part(&Row::base, &Figure::low)},
        {"base_high", kCsv, part(&Row::base, &Figure::high)},
        {"contender", kCsv, part(&Row::contender, &Figure::value)},
        {"contender_low", kCsv, part(&Row::contender, &Figure::low)},
        {"contender_high", kCsv, part(&Row::contender, &Figure::high)},
        {"ratio", kCsv, part(&Row::ratio, &Figure::value)},
        {"ratio_low", kCsv, part(&Row::ratio, &Figure::low)},
        {"ratio_high", kCsv, part(&Row::ratio, &Figure::high)},
        {"verdict", kCsv, &Row::verdict},
    };
    return fields;
}

std::optional<double> exact_ratio(const Difference& difference) {
    const std::int64_t* base = count_in(difference.base);
    const std::int64_t* contender = count_in(difference.contender);
    if (base == nullptr || contender == nullptr || *base <= 0 || *contender < 0) return std::nullopt;
    return static_cast<double>(*contender) / static_cast<double>(*base);
}

}  // namespace mobilenet_cost
