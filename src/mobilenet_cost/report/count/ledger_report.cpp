#include "mobilenet_cost/report/count/ledger_report.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/count/convention_table.h"
#include "mobilenet_cost/count/unknown_operators.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/report/parts/documents.h"

namespace mobilenet_cost {
namespace {

/// In the words of the table; a second FLOP per MAC is mentioned once, not for each kind of layer.
std::string differences_text(const std::vector<TermDifference>& found) {
    std::string text;
    for (const TermDifference& difference : found) {
        if (difference.term->member == &Terms::dense_macs) continue;
        const bool mac = difference.term->member == &Terms::conv_macs;
        text += fmt::format("{}{} per {}", text.empty() ? "" : ", ", difference.factor,
                            mac ? "MAC" : difference.term->meaning);
    }
    return text.empty() ? "nothing" : text;
}

std::vector<Cell> ledger_row(const Ledger& ledger, const Convention& convention) {
    const double excess = excess_over_paper(convention, ledger.terms);
    return {text_cell(convention.name),
            count_cell(count_macs(ledger.terms, convention)),
            text_cell(convention.unit),
            {fmt::format("{:+.2f} %", excess * 100), shortest(excess)},
            count_cell(parameter_count(ledger.cost, convention.batch_norm)),
            text_cell(std::string(enum_name(convention.batch_norm))),
            text_cell(differences_text(term_differences(convention, ledger.terms)))};
}

std::vector<Column> ledger_columns() {
    return {{"convention", "convention", true},
            {"count", "count"},
            {"unit", "unit", true},
            {"excess_over_paper", "vs paper"},
            {"params", "parameters"},
            {"batch_norm", "batch norm", true},
            {"counted_beside_macs", "counted besides", true}};
}

Table ledger_table(const Ledger& ledger) {
    Table table;
    table.caption =
        fmt::format("{}  alpha {}  resolution {}  {}", bounded_name(ledger.model, ledger.lower_bound),
                    ledger.variant.alpha, ledger.variant.resolution,
                    head_text(ledger.variant.classes, ledger.variant.form));
    table.columns = ledger_columns();
    table.droppable = {"unit", "batch_norm"};
    for (const Convention& convention : convention_table())
        table.rows.push_back(ledger_row(ledger, convention));
    return table;
}

constexpr const char* kLegend =
    "Counted besides: what a convention counts beside the multiply-adds that the papers count.\n"
    "bn0: batch norm not counted; bn1: folded into one bias per channel; bn2: gamma and beta; bn3: without\n"
    "gamma (TF-slim's default); bn4: all four values. A name goes with --convention NAME in every command;\n"
    "docs/conventions.md says where each one comes from.\n";

Json convention_json(const Ledger& ledger, const Convention& convention) {
    Json json = {{"name", convention.name},
                 {"title", convention.title},
                 {"unit", convention.unit},
                 {"count", count_macs(ledger.terms, convention)},
                 {"params", parameter_count(ledger.cost, convention.batch_norm)},
                 {"batch_norm", enum_name(convention.batch_norm)},
                 {"formula", formula(convention)},
                 {"source", convention.source},
                 {"note", convention.note}};
    json["differences"] = Json::array();
    for (const TermDifference& difference : term_differences(convention, ledger.terms))
        json["differences"].push_back(
            {{"term", difference.term->name}, {"factor", difference.factor}, {"count", difference.count}});
    return json;
}

Json network_json(const Ledger& ledger) {
    const Variant& variant = ledger.variant;
    Json json = {{"model", ledger.model}, {"alpha", variant.alpha}, {"beta", ledger.beta}};
    json.update(resolution_json(variant.resolution));
    json["classes"] = classes_json(variant.classes, variant.form);
    json["batch"] = variant.batch;
    json.update(changed_form(variant.form));
    if (ledger.lower_bound) json["lower_bound"] = true;
    json["terms"] = Json::object();
    for (const TermRow& row : term_table())
        json["terms"][std::string(row.name)] = ledger.terms.*row.member;
    json["conventions"] = Json::array();
    for (const Convention& convention : convention_table())
        json["conventions"].push_back(convention_json(ledger, convention));
    return json;
}

constexpr const char* kConventionsSchema = "mobilenet-cost.conventions.v1";

std::vector<Section> ledger_sections(const std::vector<Ledger>& ledgers) {
    std::vector<Section> sections;
    for (const Ledger& ledger : ledgers)
        sections.push_back({"", ledger_table(ledger)});
    sections.push_back({kLegend, {}});
    return sections;
}

Table ledger_csv_table(const std::vector<Ledger>& ledgers) {
    Table table;
    table.columns = {{"model", "model", true}, {"alpha", "alpha"}, {"resolution", "res"}};
    for (const Column& column : ledger_columns())
        table.columns.push_back(column);
    std::vector<bool> lower_bounds;
    for (const Ledger& ledger : ledgers) {
        for (const Convention& convention : convention_table()) {
            lower_bounds.push_back(ledger.lower_bound);
            std::vector<Cell> row = {{bounded_name(ledger.model, ledger.lower_bound), ledger.model},
                                     text_cell(shortest(ledger.variant.alpha)),
                                     resolution_cell(ledger.variant.resolution)};
            for (Cell& cell : ledger_row(ledger, convention))
                row.push_back(std::move(cell));
            table.rows.push_back(std::move(row));
        }
    }
    mark_lower_bounds(table, lower_bounds);
    return table;
}

}  // namespace

Report ledger_report(const std::vector<Ledger>& ledgers) {
    return {.sections = [&] { return ledger_sections(ledgers); },
            .csv = [&] { return ledger_csv_table(ledgers); },
            .json = [&] { return rows_json(kConventionsSchema, "networks", ledgers, network_json); },
            .jsonl = [&] { return rows_jsonl(kConventionsSchema, ledgers, network_json); }};
}

}  // namespace mobilenet_cost
